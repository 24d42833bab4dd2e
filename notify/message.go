package notify

import (
	"encoding/json"
	"time"
)

// Language is the language of a message, as a language tag.
type Language string

// The languages in which messages are written.
const (
	English Language = "en"
	Chinese Language = "zh-CN"
)

// Mood says what a message means to who reads it: channels show it as a colour.
type Mood string

// The moods.
const (
	// MoodInfo is that something goes on, MoodGood that it has come to a good end.
	MoodInfo Mood = "info"
	MoodGood Mood = "good"
	// MoodWaiting is that a person is waited for, MoodBad that something has failed.
	MoodWaiting Mood = "waiting"
	MoodBad     Mood = "bad"
)

// Message is what one channel is sent of one transition, or of one step of a ladder.
type Message struct {
	// ID is the same on every attempt to send the message, and no other's.
	ID string `json:"id"`
	// Title is one line, Lines what else there is to know, each a line without markup.
	Title string   `json:"title"`
	Lines []string `json:"lines,omitempty"`
	// Links are where to go; the first is the one that most people want.
	Links []Link `json:"links,omitempty"`
	Mood  Mood   `json:"mood"`
	// Page is whether the message calls people, and does not only tell them.
	Page     bool      `json:"page,omitempty"`
	Language Language  `json:"language"`
	At       time.Time `json:"at"`
	// Event is the event of the transition, as it was published.
	Event json.RawMessage `json:"event,omitempty"`
}

// Link is one way to go from a message.
type Link struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}
