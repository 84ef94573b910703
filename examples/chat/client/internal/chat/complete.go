package chat

import (
	"slices"
	"strings"
)

// Complete lists what the word before the cursor can be the beginning of: a
// command at the start of a line, else a room or a name. Each replaces that
// word, which begins at the byte from.
func (m *Model) Complete(before string) (from int, words []string) {
	from = strings.LastIndexByte(before, ' ') + 1
	word := before[from:]
	add := func(candidate, end string) {
		if len(candidate) >= len(word) && strings.EqualFold(candidate[:len(word)], word) {
			words = append(words, candidate+end)
		}
	}
	if from == 0 && strings.HasPrefix(word, "/") {
		for _, c := range commands {
			add(c.name, " ")
		}
		return from, words
	}
	sign := strings.HasPrefix(word, "#")
	command, _, _ := strings.Cut(before, " ")
	if sign || slices.Contains([]string{"/join", "/leave", "/who"}, command) {
		for _, r := range m.rooms {
			if sign {
				add(r.Title(), " ")
			} else if !r.Private() {
				add(r.Name, " ")
			}
		}
		return from, words
	}
	end := " "
	if from == 0 {
		end = ": " // somebody is addressed
	}
	for _, name := range m.people() {
		add(name, end)
	}
	return from, words
}

// people are those who are here, and those whom the user has talked with.
func (m *Model) people() []string {
	var names []string
	if r := m.Current(); r != nil {
		names = append(names, r.Users...)
	}
	for _, r := range m.rooms {
		if r.Private() {
			names = append(names, r.Name[1:])
		}
	}
	return slices.DeleteFunc(sorted(names), func(name string) bool { return m.mine[name] })
}
