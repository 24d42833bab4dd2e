package redact

// startsName reports whether there is one of the words that are in the names of secrets.
func startsName(text []byte, i int) bool {
	switch text[i] {
	case 'p', 'P':
		return startsAny(text, i, "passwd", "password", "passphrase", "passd", "pwd") || startsKey(text, i, "private")
	case 's', 'S', longS[0]:
		return startsAny(text, i, "secret", "signature") || startsKey(text, i, "session") || startsKey(text, i, "sts")
	case 't', 'T':
		return fold(text, i, "token") > 0
	case 'c', 'C':
		return fold(text, i, "credential") > 0
	case 'a', 'A':
		return startsKey(text, i, "access") || startsKey(text, i, "api") || startsKey(text, i, "account")
	case 'x', 'X':
		return startsAny(text, i, "x-oss-", "x-amz-", "x-obs-", "x-goog-", "x-cos-", "x-acs-", "x-sdk-")
	}
	return false
}

// startsLine tells the same of names whose value has parts of its own: schemes, pairs and
// commas.
func startsLine(text []byte, i int) bool {
	switch text[i] {
	case 'a', 'A':
		return fold(text, i, "authorization") > 0
	case 'c', 'C':
		return fold(text, i, "cookie") > 0
	}
	return false
}

func startsAny(text []byte, i int, words ...string) bool {
	for _, word := range words {
		if fold(text, i, word) > 0 {
			return true
		}
	}
	return false
}

// startsKey reports whether there is the name of a key of some kind, in one word or two.
func startsKey(text []byte, i int, kind string) bool {
	end := fold(text, i, kind)
	if end < 0 {
		return false
	}
	if end < len(text) && (text[end] == '-' || text[end] == '_' || text[end] == '.') {
		end++
	}
	return fold(text, end, "key") > 0
}

// hasName reports whether the name of a secret is in a text.
func hasName(text []byte) bool {
	for i, c := range text {
		switch c | 0x20 {
		case 'p', 's', 't', 'c', 'a', 'x', longS[0] | 0x20:
			if startsName(text, i) {
				return true
			}
		}
	}
	return false
}

// hasLine tells the same of a secret that goes to the end of its line.
func hasLine(text []byte) bool {
	for i := 0; i <= len(text)-len("cookie"); i++ {
		if startsLine(text, i) {
			return true
		}
	}
	return false
}

// isPair reports whether the part of a text is the name of half a key pair: ak or sk, as
// Huawei Cloud says, alone or as the last word.
func isPair(text []byte, at span) bool {
	for _, width := range []span{{1, 1}, {1, len(kelvin)}, {len(longS), 1}, {len(longS), len(kelvin)}} {
		k := at.end - width.end
		first := k - width.begin
		if first < at.begin || letter(text, k, 'k') != width.end {
			continue
		}
		if letter(text, first, 's') == width.begin || letter(text, first, 'a') == width.begin {
			return boundary(text, first) || first > at.begin && text[first-1] == '_'
		}
	}
	return false
}

// isSecret reports whether what has this name is a secret, wherever it stands.
func isSecret(name []byte) bool {
	return hasName(name) || hasLine(name) || isPair(name, span{0, len(name)})
}

// isParameter reports whether what has this name is a secret in a URL.
func isParameter(name []byte) bool { return isShort(name) || isSecret(name) }

// isShort is for names that mean a secret in a URL and all kinds of things elsewhere.
func isShort(name []byte) bool {
	if len(name) < len("key") || len(name) > len("auth_"+kelvin+"ey") {
		return false
	}
	for _, word := range []string{"key", "sig", "sign", "auth", "auth_key", "code", "hmac", "jwt", "sas"} {
		if fold(name, 0, word) == len(name) {
			return true
		}
	}
	return false
}
