package clean

import "unicode"

const (
	zwnj = '\u200C'
	zwj  = '\u200D'
)

// joining are the scripts whose writing needs the zero-width joiner and
// non-joiner.
var joining = []*unicode.RangeTable{
	unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Nko,
	unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya,
	unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala,
	unicode.Khmer, unicode.Myanmar, unicode.Tibetan,
}

// joiners leaves out the joiners that mean nothing.
func joiners(text []rune) string {
	kept := text[:0]
	var last rune
	for i, r := range text {
		if r == zwnj || r == zwj {
			if i+1 == len(text) || !joins(r, last, text[i+1]) {
				continue
			}
		}
		kept = append(kept, r)
		last = r
	}
	return string(kept)
}

// joins reports whether a joiner between two characters means something: between
// letters of a script that has it, or, for the joiner, between pictures that it
// makes one of. Elsewhere it only makes two texts look alike.
func joins(joiner, before, after rune) bool {
	if unicode.In(before, joining...) && unicode.In(after, joining...) {
		return true
	}
	return joiner == zwj && picture(before) && picture(after)
}

// picture reports whether r is, or ends, an emoji.
func picture(r rune) bool {
	return r == '\uFE0F' || r >= 0x2190 && r != unicode.ReplacementChar && unicode.In(r, unicode.So, unicode.Sk)
}
