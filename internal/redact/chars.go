package redact

// The names of secrets are found in all ways of writing their letters. Two letters beyond
// ASCII count as ones of ASCII where case does not matter: the long s, and the sign of the
// kelvin.
const (
	longS  = "ſ"
	kelvin = "\u212a"
)

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isUpper(c byte) bool  { return 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isAlnum(c byte) bool  { return isLetter(c) || isDigit(c) }
func isWord(c byte) bool   { return isLetter(c) || isDigit(c) || c == '_' }
func isDashed(c byte) bool { return isWord(c) || c == '-' }
func isSpace(c byte) bool  { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }

func isUpperOrDigit(c byte) bool { return isUpper(c) || isDigit(c) }
func isUpperOrSpace(c byte) bool { return isUpper(c) || c == ' ' }

// boundary reports whether a word begins or ends at i.
func boundary(text []byte, i int) bool {
	return (i > 0 && isWord(text[i-1])) != (i < len(text) && isWord(text[i]))
}

// skip returns where the characters of a class that begin at i end.
func skip(text []byte, i int, class func(byte) bool) int {
	for i < len(text) && class(text[i]) {
		i++
	}
	return i
}

// hasAt reports whether a text has these bytes at i.
func hasAt(text []byte, i int, what string) bool {
	return len(text)-i >= len(what) && string(text[i:i+len(what)]) == what
}

// fold returns where a word that is given in lower case ends in a text at i, and -1 where
// it does not stand there in any way of writing.
func fold(text []byte, i int, word string) int {
	for j := range len(word) {
		if i >= len(text) {
			return -1
		}
		if c := text[i]; c == word[j] || isUpper(c) && c|0x20 == word[j] {
			i++
			continue
		}
		n := letter(text, i, word[j])
		if n == 0 {
			return -1
		}
		i += n
	}
	return i
}

// letter is the width of a letter at i in either case, and 0 where it is another one.
func letter(text []byte, i int, lower byte) int {
	switch {
	case i >= len(text) || text[i] < 0x80 && text[i]|0x20 != lower:
	case text[i] == lower, isUpper(text[i]) && text[i]|0x20 == lower:
		return 1
	case lower == 's' && hasAt(text, i, longS):
		return len(longS)
	case lower == 'k' && hasAt(text, i, kelvin):
		return len(kelvin)
	}
	return 0
}

// wide is the width of one of the two letters at i, and 0 where there is none.
func wide(text []byte, i int) int {
	switch {
	case text[i] < 0x80:
	case hasAt(text, i, longS):
		return len(longS)
	case hasAt(text, i, kelvin):
		return len(kelvin)
	}
	return 0
}

// wideBefore is the width of one of the two letters that ends at i.
func wideBefore(text []byte, i int) int {
	for _, n := range []int{len(longS), len(kelvin)} {
		if i >= n && wide(text, i-n) == n {
			return n
		}
	}
	return 0
}
