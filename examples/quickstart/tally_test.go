package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheTallyFindsWhatIsWrong(t *testing.T) {
	const sent = 200 // over several words of the bit set
	c := content{seed: 3, mean: 320}
	whole := func() (msgs [][]byte) {
		for i := range uint64(sent) {
			msgs = append(msgs, c.message(toServer, i, nil))
		}
		return msgs
	}
	tests := map[string]struct {
		spoil func(msgs [][]byte) [][]byte
		want  faults
	}{
		"nothing":        {func(m [][]byte) [][]byte { return m }, faults{}},
		"one lost":       {func(m [][]byte) [][]byte { return append(m[:70], m[71:]...) }, faults{lost: 1}},
		"the last lost":  {func(m [][]byte) [][]byte { return m[:sent-3] }, faults{lost: 3}},
		"all lost":       {func(m [][]byte) [][]byte { return nil }, faults{lost: sent}},
		"one doubled":    {func(m [][]byte) [][]byte { return append(m[:9:9], m[8:]...) }, faults{duplicated: 1}},
		"doubled late":   {func(m [][]byte) [][]byte { return append(m, m[0], m[64]) }, faults{duplicated: 2}},
		"two swapped":    {func(m [][]byte) [][]byte { m[4], m[5] = m[5], m[4]; return m }, faults{reordered: 1}},
		"one much later": {func(m [][]byte) [][]byte { return append(append(m[:10:10], m[11:]...), m[10]) }, faults{reordered: 1}},
		"one bit":        {func(m [][]byte) [][]byte { m[50][12] ^= 1; return m }, faults{lost: 1, corrupted: 1}},
		"a wrong index":  {func(m [][]byte) [][]byte { m[50][8]++; return m }, faults{lost: 1, corrupted: 1}},
		"too short":      {func(m [][]byte) [][]byte { m[50] = m[50][:len(m[50])-1]; return m }, faults{lost: 1, corrupted: 1}},
		"too long":       {func(m [][]byte) [][]byte { m[50] = append(m[50], 0); return m }, faults{lost: 1, corrupted: 1}},
		"nearly nothing": {func(m [][]byte) [][]byte { m[50] = m[50][:3]; return m }, faults{lost: 1, corrupted: 1}},
		"other way":      {func(m [][]byte) [][]byte { return append(m, c.message(toClient, 4, nil)) }, faults{corrupted: 1}},
		"other seed":     {func(m [][]byte) [][]byte { m[4] = content{4, 320}.message(toServer, 4, nil); return m }, faults{lost: 1, corrupted: 1}},
		"never sent":     {func(m [][]byte) [][]byte { return append(m, c.message(toServer, sent+5, nil)) }, faults{corrupted: 1}},
		"out of range":   {func(m [][]byte) [][]byte { return append(m, c.message(toServer, 1<<60, nil)) }, faults{corrupted: 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			tally := newTally(c, toServer, sent+100)
			msgs := test.spoil(whole())
			for _, msg := range msgs {
				tally.arrived(msg)
			}
			require.Equal(t, test.want, tally.verdict(sent))
			n, _, _ := tally.soFar()
			require.Equal(t, uint64(len(msgs)), n)
		})
	}
}

func TestTheVerdictIsReadable(t *testing.T) {
	require.Equal(t, "lost=0 duplicated=0 reordered=0", faults{}.String())
	f := faults{lost: 1, duplicated: 2}.plus(faults{lost: 1, reordered: 3, corrupted: 4})
	require.Equal(t, "lost=2 duplicated=2 reordered=3 corrupted=4", f.String())
}
