package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A run of which row 3 is whole, row 4 failed over TCP, was skipped over TLS and
// did not end over WebSocket, row 5 is not there, and row 47 has no transport.
const stream = `
{"Action":"start","Package":"p"}
{"Action":"attr","Package":"p","Test":"TestHole/TCP","Key":"fault","Value":"3"}
{"Action":"attr","Package":"p","Test":"TestHole/TCP","Key":"fault.over","Value":"TCP"}
{"Action":"attr","Package":"p","Test":"TestHole/TCP","Key":"fault.detected","Value":"640ms"}
{"Action":"attr","Package":"p","Test":"TestHole/TCP","Key":"fault.recovered","Value":"1.25s"}
{"Action":"attr","Package":"p","Test":"TestHole/TCP","Key":"fault.lost","Value":"0"}
{"Action":"attr","Package":"p","Test":"TestHole/TCP","Key":"fault.doubled","Value":"0"}
{"Action":"attr","Package":"p","Test":"TestHole/TCP","Key":"fault.memory","Value":"65536"}
{"Action":"pass","Package":"p","Test":"TestHole/TCP"}
{"Action":"attr","Package":"p","Test":"TestHole/TLS","Key":"fault","Value":"3"}
{"Action":"attr","Package":"p","Test":"TestHole/TLS","Key":"fault.over","Value":"TLS"}
{"Action":"pass","Package":"p","Test":"TestHole/TLS"}
{"Action":"attr","Package":"p","Test":"TestHole/WebSocket","Key":"fault","Value":"3"}
{"Action":"attr","Package":"p","Test":"TestHole/WebSocket","Key":"fault.over","Value":"WebSocket"}
{"Action":"pass","Package":"p","Test":"TestHole/WebSocket"}
{"Action":"attr","Package":"p","Test":"TestOneWay","Key":"fault","Value":"4"}
{"Action":"attr","Package":"p","Test":"TestOneWay","Key":"fault.over","Value":"TCP"}
{"Action":"fail","Package":"p","Test":"TestOneWay"}
{"Action":"attr","Package":"q","Test":"TestOneWay","Key":"fault","Value":"4"}
{"Action":"attr","Package":"q","Test":"TestOneWay","Key":"fault.over","Value":"TLS"}
{"Action":"skip","Package":"q","Test":"TestOneWay"}
{"Action":"attr","Package":"r","Test":"TestOneWay","Key":"fault","Value":"4"}
{"Action":"attr","Package":"r","Test":"TestOneWay","Key":"fault.over","Value":"WebSocket"}
{"Action":"attr","Package":"p","Test":"TestChurn","Key":"fault","Value":"47"}
{"Action":"attr","Package":"p","Test":"TestChurn","Key":"colour","Value":"blue"}
{"Action":"pass","Package":"p","Test":"TestChurn"}
{"Action":"attr","Package":"p","Test":"TestOther","Key":"fault.lost","Value":"nonsense, but no row's"}
{"Action":"pass","Package":"p","Test":"TestOther"}
{"Action":"fail","Package":"p"}
`

func read47(t *testing.T, extra string) *Run {
	run, err := Read(strings.NewReader(stream + extra))
	require.NoError(t, err)
	return run
}

func verdicts(m *Matrix) (all []string) {
	for _, l := range m.lines {
		all = append(all, l.verdict())
	}
	return all
}

func TestVerdicts(t *testing.T) {
	run := read47(t, "")
	require.Equal(t, []string{"pass", "pass", "pass"}, verdicts(run.Matrix([]int{3})))
	require.Equal(t, []string{"FAIL", "SKIPPED", "FAIL"}, verdicts(run.Matrix([]int{4})))
	require.Equal(t, []string{"NOT RUN", "NOT RUN", "NOT RUN"}, verdicts(run.Matrix([]int{5})))
	require.Equal(t, []string{"pass"}, verdicts(run.Matrix([]int{47})))

	require.True(t, run.Matrix([]int{3, 47}).Good())
	for _, bad := range []int{4, 5} {
		require.False(t, run.Matrix([]int{3, bad}).Good(), "row %d", bad)
	}
}

// What is lost, doubled or left over fails a row, whatever its test says.
func TestLossesAndLeaksFailTheirRow(t *testing.T) {
	for _, attr := range []string{"fault.lost", "fault.doubled", "fault.left", "fault.files"} {
		run := read47(t, `{"Action":"attr","Package":"p","Test":"TestChurn","Key":"`+attr+`","Value":"1"}`)
		require.False(t, run.Matrix([]int{47}).Good(), attr)
	}
}

func TestOtherFailuresFailTheWhole(t *testing.T) {
	passed := func(tests ...string) string { // every row, and what else is given
		var b strings.Builder
		for _, f := range faults {
			over := []string{""}
			if f.over {
				over = transports
			}
			for _, o := range over {
				at := `"Package":"x","Test":"Test` + f.name + o + `"`
				b.WriteString(`{"Action":"attr",` + at + `,"Key":"fault","Value":"` + count(float64(f.number)) + `"}`)
				b.WriteString(`{"Action":"attr",` + at + `,"Key":"fault.over","Value":"` + o + `"}`)
				b.WriteString(`{"Action":"pass",` + at + `}`)
			}
		}
		return b.String() + strings.Join(tests, "")
	}
	for extra, good := range map[string]bool{
		"": true,
		`{"Action":"pass","Package":"y","Test":"TestY"}`: true,
		`{"Action":"fail","Package":"y","Test":"TestY"}`: false,
		`{"Action":"fail","Package":"y"}`:                false, // it did not build
	} {
		run, err := Read(strings.NewReader(passed(extra)))
		require.NoError(t, err)
		require.Equal(t, good, run.Matrix(nil).Good(), "%s: %v", extra, run.Matrix(nil).others)
	}
}

func TestText(t *testing.T) {
	var out strings.Builder
	read47(t, "").Matrix([]int{3, 5}).Text(&out)
	lines := strings.Split(out.String(), "\n")
	require.Equal(t, strings.Fields("3 black hole both ways TCP 640 ms 1.2 s 0 0 64 KiB pass"), strings.Fields(lines[1]))
	require.Equal(t, strings.Fields("TLS pass"), strings.Fields(lines[2]))
	require.Equal(t, strings.Fields("5 black hole that heals on one side TCP NOT RUN"), strings.Fields(lines[4]))
	require.Equal(t, "2 rows, 3 cases, 3 lines not passed, lost=0 duplicated=0", lines[7])
}

func TestMarkdown(t *testing.T) {
	var out strings.Builder
	read47(t, "").Matrix([]int{3, 4}).Markdown(&out)
	require.Contains(t, out.String(), "| 3 | black hole both ways | dead within D, resumes after it heals | TCP | 640 ms | 1.2 s | 0 | 0 | 64 KiB |  | `TestHole` |\n")
	require.Contains(t, out.String(), "| `TestOneWay` **SKIPPED** |\n")
}

func TestNonsenseIsNoRun(t *testing.T) {
	for _, s := range []string{
		"ok  	p	0.1s\n",
		`{"Action":"attr","Package":"p","Test":"TestX","Key":"fault","Value":"three"}`,
		`{"Action":"attr","Package":"p","Test":"TestChurn","Key":"fault","Value":"48"}`,
		`{"Action":"attr","Package":"p","Test":"TestChurn","Key":"fault.lost","Value":"few"}`,
	} {
		_, err := Read(strings.NewReader(stream + s))
		require.Error(t, err, s)
	}
}

func TestRowsAreChosen(t *testing.T) {
	wanted, err := parseRows("3, 12")
	require.NoError(t, err)
	require.Equal(t, []int{3, 12}, wanted)
	for _, s := range []string{"0", "51", "three", "3,"} {
		_, err := parseRows(s)
		require.Error(t, err, s)
	}
}

// Every row of the table is there once, in order.
func TestFaultsAreWhole(t *testing.T) {
	for i, f := range faults {
		require.Equal(t, i+1, f.number)
		require.NotEmpty(t, f.expected)
	}
	require.Len(t, faults, 50)
}
