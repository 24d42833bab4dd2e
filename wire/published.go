package wire

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/distribution/reference"
	"github.com/nats-io/nats.go"

	"slipway/internal/cdevents"
	"slipway/release"
)

// Published tells that an image was pushed to a registry.
type Published struct {
	// Image is the repository with its registry, without tag and digest: registry.example/team/shop.
	Image string
	// Tag is the tag that was pushed, Digest (sha256:…) the manifest. One of them may be empty: Docker Hub does not
	// tell of the digest.
	Tag, Digest string
	// At is when it was pushed, as the sender says; zero where it does not.
	At time.Time
	// By is who has pushed it, as the sender says.
	By string
	// Sender is what kind of sender tells of it: harbor, acr, dockerhub, generic or cdevents.
	Sender string
	// Source and EventID are the identity of the event.
	Source, EventID string
	// SenderID tells that the sender gave the event its ID. One without is told apart from others by what
	// was pushed.
	SenderID bool
	// Chain is the chain of events that the push belongs to, as CDEvents have it; empty where the sender has none.
	Chain string
}

// The bounds of what a sender says, in bytes.
const (
	maxImage  = 255 // as a registry takes it
	maxTag    = 128
	maxPusher = release.MaxID
)

// String names the image: repository:tag@digest.
func (p Published) String() string {
	text := p.Image
	if p.Tag != "" {
		text += ":" + p.Tag
	}
	if p.Digest != "" {
		text += "@" + p.Digest
	}
	return text
}

// ReadImage takes the reference of an image apart, as a push of it has it. The repository is in the one form of its name: shop is
// docker.io/library/shop, and hosts have no case.
func ReadImage(image string) (Published, error) {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return Published{}, err
	}
	p := Published{Image: strings.ToLower(named.Name())}
	if tagged, is := named.(reference.Tagged); is {
		p.Tag = tagged.Tag()
	}
	if digested, is := named.(reference.Digested); is {
		p.Digest = digested.Digest().String()
	}
	return p, nil
}

// IsRepository reports whether a text is a repository of images, without tag and digest: registry.example/team/shop, or shop for
// docker.io/library/shop.
func IsRepository(text string) bool {
	named, err := reference.ParseNormalizedNamed(text)
	return err == nil && reference.IsNameOnly(named) && len(text) <= maxImage
}

// Attaches reports whether the push is no image to run: the signature of one, or what else belongs to one, in registries that know
// no other way to attach it than a tag.
func (p Published) Attaches() bool { return attachment.MatchString(p.Tag) }

var attachment = regexp.MustCompile(`^sha256-[0-9a-f]{64}(\.[a-z]+)?$`)

// Validate lists everything that is wrong, as [release.Problems], or returns nil.
func (p Published) Validate() error {
	var problems release.Problems
	refuse := func(ok bool, field, message string) {
		if !ok {
			problems = append(problems, release.Problem{Field: field, Message: message})
		}
	}
	refuse(IsRepository(p.Image), "image", fmt.Sprintf("%.*q is not a repository such as registry.example/team/shop, without tag and digest", maxImage, p.Image))
	refuse(p.Tag != "" || p.Digest != "", "tag", "is missing, and so is the digest; one of them says what was pushed")
	refuse(p.Tag == "" || len(p.Tag) <= maxTag && reference.TagRegexp.FindString(p.Tag) == p.Tag, "tag", fmt.Sprintf("%.*q is not a tag", maxTag, p.Tag))
	refuse(p.Digest == "" || digestPattern.MatchString(p.Digest), "digest", fmt.Sprintf("%.80q is not a digest; it is sha256: and 64 hexadecimal digits", p.Digest))
	refuse(p.Sender == "" || release.IsName(p.Sender), "sender", fmt.Sprintf("%.80q is not %s", p.Sender, release.NameWords))
	refuse(release.CanBeWritten(p.At), "time", release.NotWritten)
	refuse(len(p.Chain) <= release.MaxAttribute, "chain", fmt.Sprintf("has %d bytes; at most %d are taken", len(p.Chain), release.MaxAttribute))
	refuse(len(p.By) <= maxPusher, "by", fmt.Sprintf("has %d bytes; at most %d are taken", len(p.By), maxPusher))
	if len(problems) > 0 {
		return problems
	}
	return nil
}

var digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// publishedData is what Slipway adds to the event for itself.
type publishedData struct {
	Slipway publishedBy `json:"slipway"`
}

type publishedBy struct {
	Sender string `json:"sender"`
	// SenderID tells that the ID of the event is the sender's own.
	SenderID bool `json:"senderId"`
}

// EncodePublished returns the message that tells of a push, as structured CloudEvent with the data of a CDEvent
// artifact.published. The origin says who publishes: its source and ID are not looked at.
func EncodePublished(o Origin, p Published) (*nats.Msg, error) {
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("encode push: %w", err)
	}
	o.Source, o.ID, o.Time = p.Source, p.EventID, p.At
	image := cdevents.Image{Repository: p.Image, Tag: p.Tag, Digest: p.Digest}.PackageURL()
	content, err := json.Marshal(cdevents.ArtifactPublished{User: p.By})
	if err != nil {
		return nil, fmt.Errorf("encode push: %w", err)
	}
	custom, err := json.Marshal(publishedData{publishedBy{Sender: p.Sender, SenderID: p.SenderID}})
	if err != nil {
		return nil, fmt.Errorf("encode push: %w", err)
	}
	data := cdevents.Event{
		Context: cdevents.Context{
			SpecVersion: cdevents.SpecVersion, ID: p.EventID, Source: p.Source, Type: cdevents.TypeArtifactPublished, Timestamp: p.At, ChainID: p.Chain,
		},
		Subject:    cdevents.Subject{ID: image, Source: p.Source, Content: content},
		CustomData: custom, CustomDataContentType: event.ApplicationJSON,
	}
	ev, err := newEvent(o, cdevents.TypeArtifactPublished)
	if err != nil {
		return nil, fmt.Errorf("encode push: %w", err)
	}
	ev.SetSubject(image)
	if err := ev.SetData(event.ApplicationJSON, data); err != nil {
		return nil, fmt.Errorf("encode push: %w", err)
	}
	subject := ArtifactSubject(p.Image)
	if o.Identity != "" {
		if err := IdentityFault(o.Identity); err != nil {
			return nil, fmt.Errorf("encode push: %w", err)
		}
		subject = VerifiedArtifactSubject(o.Identity, p.Image)
	}
	// Of the sender, too: what one says would keep the word of another out otherwise, which a rule may want.
	sum := sha256.Sum256([]byte(p.Sender + "\x00" + p.Source + "\x00" + p.EventID + "\x00" + p.String()))
	msg, err := o.encode(subject, "push-"+hex.EncodeToString(sum[:16]), ev)
	if err != nil {
		return nil, fmt.Errorf("encode push: %w", err)
	}
	return msg, nil
}

// DecodePublished reads a message that tells of a push: a CDEvent artifact.published, of whoever publishes such. The
// error is a [PoisonError].
func DecodePublished(msg *nats.Msg) (Published, error) {
	on, ok := readSubject(msg.Subject)
	if !ok || on.kind != KindArtifact {
		return Published{}, poison("subject", fmt.Sprintf("%q is not %s<repository>", msg.Subject, artifactPrefix))
	}
	ev, bad := decode(msg)
	if bad != nil {
		return Published{}, bad
	}
	if !cdevents.IsArtifactPublished(ev.kind) {
		return Published{}, poison("type", fmt.Sprintf("%q is not a push; use %s", ev.kind, cdevents.TypeArtifactPublished))
	}
	p, err := ParsePublished(ev.data)
	if err != nil {
		return Published{}, Refused(err)
	}
	// The identity of the message is that of the CloudEvent.
	p.Source, p.EventID = ev.source, ev.id
	return p, nil
}

// ParsePublished reads a CDEvent artifact.published. The error is [release.Problems] or one of them.
func ParsePublished(data []byte) (Published, error) {
	var e cdevents.Event
	if err := json.Unmarshal(data, &e); err != nil {
		return Published{}, release.Problem{Field: "data", Message: "is no CDEvent: " + unreadable(err).Reason}
	}
	if !cdevents.IsArtifactPublished(e.Context.Type) {
		return Published{}, release.Problem{Field: "context.type", Message: fmt.Sprintf("%.200q is not a push; use %s", e.Context.Type, cdevents.TypeArtifactPublished)}
	}
	image, err := cdevents.ReadImage(e.Subject.ID)
	if err != nil {
		return Published{}, release.Problem{Field: "subject.id", Message: fmt.Sprintf("%.200q %s", e.Subject.ID, err)}
	}
	var content cdevents.ArtifactPublished
	var custom publishedData
	_ = json.Unmarshal(e.Subject.Content, &content) // what cannot be read says nothing
	_ = json.Unmarshal(e.CustomData, &custom)
	p := Published{
		Image: image.Repository, Tag: image.Tag, Digest: image.Digest, At: e.Context.Timestamp, By: content.User,
		Sender: cmp.Or(custom.Slipway.Sender, SenderCDEvents), Source: e.Context.Source, EventID: e.Context.ID, Chain: e.Context.ChainID,
		SenderID: custom.Slipway.Sender == "" || custom.Slipway.SenderID,
	}
	return p, p.Validate()
}

// The senders.
const (
	SenderACR       = "acr"
	SenderHarbor    = "harbor"
	SenderDockerHub = "dockerhub"
	SenderGeneric   = "generic"
	// SenderCDEvents is the sender of a CDEvent that somebody else wrote.
	SenderCDEvents = "cdevents"
)

// Senders are the kinds of senders that there are.
func Senders() []string {
	return []string{SenderACR, SenderHarbor, SenderDockerHub, SenderGeneric, SenderCDEvents}
}

// KnownSender is a sender, or "other" where it is none of [Senders].
func KnownSender(sender string) string {
	if slices.Contains(Senders(), sender) {
		return sender
	}
	return "other"
}

// artifactToken stands for a repository in a subject, so that its pushes are a line of their own: the last part of
// its name, and what tells it apart from others.
func artifactToken(image string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, image[strings.LastIndex(image, "/")+1:])
	sum := sha256.Sum256([]byte(image))
	return name[:min(len(name), 60)] + "-" + hex.EncodeToString(sum[:6])
}
