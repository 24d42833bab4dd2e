package fc

import (
	"slices"
	"strconv"
	"strings"

	"slipway/release"
)

// A record is what is remembered of a release on the platform. The description of a version holds it
// from when the version is published, and that of the alias from the first step of the traffic on. An
// alias keeps it when the release has ended; a version can be released several times, so that the record
// of the alias is the one that counts.
type record struct {
	// token marks the release; that of a rollback, which has none, is [rollbackToken].
	token string
	// version is the one that the alias is moved to; empty in the description of a version.
	version string
	// from is the version that served before; empty for a first release.
	from string
	// weights are the percentages of the traffic that the new version gets, step by step, but for the last one.
	weights []int
	// part is the function that was changed, code the checksum of its package, and artifact what it is
	// to run, as text; the last two only in the description of a version.
	part, code, artifact string
	// target is how many instances of the function are to be provisioned, where the release changes that;
	// only in the description of an alias.
	target string
}

const (
	// tokenPrefix is how tokens begin; see [release.Token].
	tokenPrefix = "slipway:"
	// rollbackToken stands in the record of a rollback.
	rollbackToken = tokenPrefix + "rollback"
)

// text is the record as it is written.
func (r record) text() string {
	words := []string{r.token}
	add := func(key, value string) {
		if value != "" {
			words = append(words, key+"="+value)
		}
	}
	add("version", r.version)
	add("from", r.from)
	weights := make([]string, len(r.weights))
	for i, w := range r.weights {
		weights[i] = strconv.Itoa(w)
	}
	add("weights", strings.Join(weights, ","))
	add("part", r.part)
	add("code", r.code)
	add("target", r.target)
	if r.artifact != "" {
		words = append(words, r.artifact)
	}
	return strings.Join(words, " ")
}

// readRecord reads a record that [record.text] has written; the zero value where a text is none.
func readRecord(text string) (r record) {
	words := strings.Split(text, " ")
	if !strings.HasPrefix(words[0], tokenPrefix) {
		return record{}
	}
	r.token = words[0]
	for i, word := range words[1:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "version":
			r.version = value
		case "from":
			r.from = value
		case "weights":
			r.weights = readWeights(value)
		case "part":
			r.part = value
		case "code":
			r.code = value
		case "target":
			r.target = value
		default:
			r.artifact = strings.Join(words[i+1:], " ")
			return r
		}
	}
	return r
}

func readWeights(text string) []int {
	var weights []int
	for word := range strings.SplitSeq(text, ",") {
		w, err := strconv.Atoi(word)
		if err != nil {
			return nil
		}
		weights = append(weights, w)
	}
	return weights
}

// runs is the artifact that the record tells of; unknown where it tells none.
func (r record) runs() release.Artifact {
	if r.artifact == "" {
		return release.Artifact{}
	}
	if !strings.HasPrefix(r.artifact, ossScheme) {
		return release.Artifact{Image: r.artifact}
	}
	p := release.Package{URL: r.artifact}
	if at := strings.LastIndex(r.artifact, "@"); at >= 0 {
		p = release.Package{URL: r.artifact[:at], Version: r.artifact[at+1:]}
	}
	return release.Artifact{Package: &p}
}

// batch is the number, from 1, of the step that has given the new version a percentage; 0 for none.
func (r record) batch(percent int) int { return 1 + slices.Index(r.weights, percent) }

// The description of an alias belongs to whoever made it. A record is put behind it in brackets, in the
// place of the one before.
const recordOpens, recordCloses = "[", "]"

// splitDescription tells the own words of an alias's description from the record.
func splitDescription(text string) (words string, r record) {
	at := strings.LastIndex(text, recordOpens+tokenPrefix)
	if at < 0 || !strings.HasSuffix(text, recordCloses) {
		return text, record{}
	}
	r = readRecord(strings.TrimSuffix(text[at+len(recordOpens):], recordCloses))
	return strings.TrimSuffix(text[:at], " "), r
}

// joinDescription is the description of an alias with a record, if there is one.
func joinDescription(words string, r record) string {
	if r.token == "" {
		return words
	}
	written := recordOpens + r.text() + recordCloses
	if words == "" {
		return written
	}
	return words + " " + written
}
