package release

// The bounds of what comes from outside, in bytes.
const (
	// MaxEvent is the size of an event with its data.
	MaxEvent = 256 << 10
	// MaxAttribute is the length of an attribute of an event, its id and source among them.
	MaxAttribute = 1 << 10
)
