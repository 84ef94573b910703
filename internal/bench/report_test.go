package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARaceIsReportedFromItsFileAsItWas(t *testing.T) {
	r, name := sample(), filepath.Join(t.TempDir(), "race.json")
	require.NoError(t, outputs{json: name}.write(r))
	again, err := readResults(name)
	require.NoError(t, err)
	var first, second strings.Builder
	require.NoError(t, r.print(&first))
	require.NoError(t, again.print(&second))
	require.Equal(t, first.String(), second.String())
	require.Equal(t, r.markdown(), again.markdown())
	require.NoError(t, outputs{json: name}.write(again))
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Contains(t, string(data), "\n\t\t{\"work\":\"fanout\"", "a case is a line")
}

func TestAFileOfAnotherRaceIsRefused(t *testing.T) {
	for change, want := range map[string]string{
		`"work":"fanout"` + "\x00" + `"work":"sailing"`: "another version",
		"publications, 1/s\x00publications, 1/h":        "another version",
		`"gorilla":{`:                                   `nobody is called "monkey"`,
	} {
		r, name := sample(), filepath.Join(t.TempDir(), "race.json")
		data, err := r.marshal()
		require.NoError(t, err)
		old, put, found := strings.Cut(change, "\x00")
		if !found {
			put = `"monkey":{`
		}
		changed := strings.ReplaceAll(string(data), old, put)
		require.NotEqual(t, string(data), changed)
		require.NoError(t, os.WriteFile(name, []byte(changed), 0o600))
		_, err = readResults(name)
		require.ErrorContains(t, err, want)
	}
}

func TestTablesReplaceThoseInADocument(t *testing.T) {
	name := filepath.Join(t.TempDir(), "doc.md")
	require.NoError(t, os.WriteFile(name, []byte("before\n"+tablesBegin+"\nold\n"+tablesEnd+"\nafter\n"), 0o600))
	r := sample()
	require.NoError(t, outputs{markdown: name}.write(r))
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "before\n"+tablesBegin+"\n\n"+r.markdown()+"\n"+tablesEnd+"\nafter\n", string(data))
	require.NoError(t, outputs{markdown: name}.write(r))
	again, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, string(data), string(again))

	require.NoError(t, os.WriteFile(name, []byte("no place"), 0o600))
	require.ErrorContains(t, outputs{markdown: name}.write(r), "it has no lines")
}

func TestMarkdownTellsWhatThePeersDoNotOffer(t *testing.T) {
	r := sample()
	out := r.markdown()
	require.Regexp(t, `fan-out, 1,000 members, one message at a time, 128 B: server CPU/delivery, µs \| 8\.00 \(4\.00–12\.0\) \| \*\*8\.80 \(4\.40–13\.2\)\*\* \| 1\.10 \| gws \| 11\.0 .* \| 0\.80 \|`, out)
	require.Regexp(t, `\| gws \| 11\.0 \| .* without resume, ack`, out)
	require.Contains(t, out, "&lt;out of breath>", "markdown would take it for HTML")
	for size := range 3 {
		r.add(growthWork, hubPeer, where{"g", short(float64(size)), float64(size)}, Faults{}, []float64{1, 2, 3, 40, 5})
		r.add(growthWork, floorPeer, where{"g", short(float64(size)), float64(size)}, Faults{}, []float64{0.5, 2, 3, 40, 5})
	}
	out = r.markdown()
	require.Contains(t, out, "| **longsplice/hub** | 1.00 ×2.00 | 1.00 ×2.00 | 1.00 ×2.00 | all once and in order |")
	require.Contains(t, out, "All figures of longsplice/hub")
	require.Contains(t, out, "| 2.00 | 2.00 | 1.00 | 2.00 | 3.00 | 40.0 | 5.00 |")
}

// TestTheQuickRaceExcusesNobody, but for what a peer that does not acknowledge
// loses in a storm.
func TestTheQuickRaceExcusesNobody(t *testing.T) {
	r := newResults(peers)
	r.add(stormWork, gwsPeer, where{label: "x"}, Faults{Lost: 3}, make([]float64, len(stormWork.figures)))
	require.NoError(t, r.unexcused())
	r.add(echoWork, gwsPeer, where{label: "x"}, Faults{Lost: 3}, make([]float64, len(echoWork.figures)))
	require.ErrorContains(t, r.unexcused(), "gws, 3 lost")
	require.ErrorContains(t, sample().unexcused(), "out of breath")
}

// TestTheDocumentHasTheFiguresOfOneRace: those of docs/race.json, and no others.
func TestTheDocumentHasTheFiguresOfOneRace(t *testing.T) {
	r, err := readResults("../../docs/race.json")
	require.NoError(t, err)
	require.NoError(t, r.verdict())
	document, err := os.ReadFile("../../docs/performance.md")
	require.NoError(t, err)
	want, err := putTables(string(document), r.markdown())
	require.NoError(t, err)
	require.Equal(t, want, string(document), "run: go run ./internal/bench -from docs/race.json -markdown docs/performance.md")
}
