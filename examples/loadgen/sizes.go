package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// sizes is a mix of lengths: each part is drawn as often as its weight says, and
// uniformly within the part.
type sizes []sizeRange

type sizeRange struct {
	least, most int
	weight      float64
}

func (s *sizes) String() string {
	var parts []string
	for _, r := range *s {
		part := strconv.Itoa(r.least)
		if r.most != r.least {
			part += "-" + strconv.Itoa(r.most)
		}
		if len(*s) > 1 {
			part += ":" + strconv.FormatFloat(r.weight, 'g', -1, 64)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ",")
}

func (s *sizes) Set(text string) error {
	var all sizes
	for _, part := range strings.Split(text, ",") {
		span, weight, weighted := strings.Cut(part, ":")
		low, high, ranged := strings.Cut(span, "-")
		if !ranged {
			high = low
		}
		r := sizeRange{weight: 1}
		var errs [3]error
		r.least, errs[0] = strconv.Atoi(low)
		r.most, errs[1] = strconv.Atoi(high)
		if weighted {
			r.weight, errs[2] = strconv.ParseFloat(weight, 64)
		}
		if errors.Join(errs[:]...) != nil || r.least < 0 || r.most < r.least || r.most > 64<<20 || !(r.weight > 0 && r.weight < 1e9) {
			return fmt.Errorf("%q is not a size, a range of sizes up to 64 MiB, or either with a weight", part)
		}
		all = append(all, r)
	}
	*s = all
	return nil
}

func (s sizes) least() int {
	n := s[0].least
	for _, r := range s {
		n = min(n, r.least)
	}
	return n
}

func (s sizes) most() (n int) {
	for _, r := range s {
		n = max(n, r.most)
	}
	return n
}

func (s sizes) draw(r *rand.Rand) int {
	if len(s) == 1 && s[0].least == s[0].most {
		return s[0].least
	}
	sum := 0.0
	for _, part := range s {
		sum += part.weight
	}
	at := r.Float64() * sum
	for i, part := range s {
		if at -= part.weight; at < 0 || i == len(s)-1 {
			return part.least + r.IntN(part.most-part.least+1)
		}
	}
	return 0 // there is at least one part
}

// think is how long a client of a closed loop pauses between an answer and its
// next message.
type think struct{ least, most time.Duration }

func (t *think) String() string {
	if t.least == t.most {
		return t.least.String()
	}
	return t.least.String() + "-" + t.most.String()
}

func (t *think) Set(text string) error {
	low, high, ranged := strings.Cut(text, "-")
	if !ranged {
		high = low
	}
	var errs [2]error
	t.least, errs[0] = time.ParseDuration(low)
	t.most, errs[1] = time.ParseDuration(high)
	if errors.Join(errs[:]...) != nil || t.least < 0 || t.most < t.least {
		return fmt.Errorf("%q is not a time or a range of times", text)
	}
	return nil
}

func (t think) draw(r *rand.Rand) time.Duration {
	return t.least + time.Duration(r.Int64N(int64(t.most-t.least)+1))
}

func (t think) mean() time.Duration { return (t.least + t.most) / 2 }
