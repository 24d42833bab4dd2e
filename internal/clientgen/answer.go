package main

import (
	"slices"
	"strings"

	"slipway/internal/apifacts"
)

// timeForm is how a time looks on the wire.
type timeForm string

const (
	notTime      timeForm = ""
	epochMillis  timeForm = "epoch milliseconds"
	epochSeconds timeForm = "epoch seconds"
	localText    timeForm = "yyyy-MM-dd HH:mm:ss in GMT+8"
	rfc3339      timeForm = "RFC 3339"
)

// timeFormOf returns the form in which an answer's field is a time. Where the facts do not say,
// the type and the name do: numbers of type long whose names end in Time or TimeStamp are
// milliseconds.
func (c *config) timeFormOf(n apifacts.Field) timeForm {
	note := strings.ToLower(n.Note)
	switch {
	case n.Type != "long" && n.Type != "string":
		return notTime
	case strings.Contains(note, "epoch seconds"):
		return epochSeconds
	case strings.Contains(note, "yyyy-mm-dd hh:mm:ss"):
		return localText
	case strings.Contains(note, "rfc 3339"), slices.Contains(c.RFC3339, n.Name):
		return rfc3339
	case strings.Contains(note, "epoch milliseconds"):
		return epochMillis
	case n.Type == "long" && (strings.HasSuffix(n.Name, "Time") || strings.HasSuffix(n.Name, "TimeStamp")):
		return epochMillis
	}
	return notTime
}

// secretMap reports whether a map is one whose values are not shown.
func (c *config) secretMap(prefix string, n apifacts.Value) bool {
	return n.Type == "map" && c.SecretMaps.In != "" && strings.HasSuffix(prefix, "Data") && strings.Contains(prefix, c.SecretMaps.In)
}

// textType gives the Go type of an answer's text that holds the JSON of a structured parameter:
// one that the facts name, or one of its own name that has a hand-written type. Any other text
// stays a text.
func (c *config) textType(n apifacts.Field, prefix string) (string, bool) {
	param, s := n.JSONText, c.shapes[n.JSONText]
	if param == "" && c.TextAnswers != "" && prefix == c.TextAnswers {
		param, s = n.Name, nil
	}
	if n.Type != "string" || param == "" {
		return "", false
	}
	name, way, ok := c.structuredType(param, s)
	if ok && way == asText {
		name = "*" + name
	}
	return name, ok
}
