// Package campaign plays many seeds of a simulation on all cores, and shrinks
// what made one of them fail. It knows nothing of what is simulated: a seed
// stands for a run, and a run either fails or does not.
package campaign
