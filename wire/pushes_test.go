package wire_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/wire"
)

// TestPushEventSubject: what comes of one event has one subject, whatever becomes known of the push, and that of no other event.
func TestPushEventSubject(t *testing.T) {
	t.Parallel()
	event := release.Push{Sequence: 17, Image: "registry.example/team/shop", Tag: "1.4.2", Sender: "harbor", Source: "/ci", EventID: "7f3e"}
	subject := func(change func(*release.Push)) string {
		p := event
		change(&p)
		return wire.PushEventSubject(p, p.Kind())
	}
	same := subject(func(*release.Push) {})
	require.Regexp(t, `^slipway\.event\.push\.harbor\.[0-9a-f]{32}\.ignored$`, same)
	for name, change := range map[string]func(*release.Push){
		"it comes again":    func(p *release.Push) { p.Sequence = 18 },
		"the digest":        func(p *release.Push) { p.Digest = "sha256:" + strings.Repeat("0", 64) },
		"case of a host":    func(p *release.Push) { p.Image = "Registry.Example/team/shop" },
		"who has pushed it": func(p *release.Push) { p.By = "ann" },
	} {
		require.Equal(t, same, subject(change), name)
	}
	seen := map[string]bool{same: true}
	for name, change := range map[string]func(*release.Push){
		"another ID":                func(p *release.Push) { p.EventID = "7f3f" },
		"another source":            func(p *release.Push) { p.Source = "/ci/2" },
		"another sender":            func(p *release.Push) { p.Sender = "generic" },
		"no known name":             func(p *release.Push) { p.Sender = "a.b" },
		"another image":             func(p *release.Push) { p.Image += "2" },
		"another tag":               func(p *release.Push) { p.Tag = "1.4" },
		"no tag":                    func(p *release.Push) { p.Tag, p.Digest = "", "sha256:"+strings.Repeat("0", 64) },
		"another digest":            func(p *release.Push) { p.Tag, p.Digest = "", "sha256:"+strings.Repeat("1", 64) },
		"long IDs that begin alike": func(p *release.Push) { p.EventID = strings.Repeat("x", release.MaxAttribute) },
		"and another":               func(p *release.Push) { p.EventID = strings.Repeat("x", release.MaxAttribute-1) + "y" },
	} {
		at := subject(change)
		require.False(t, seen[at], name)
		seen[at] = true
	}
}
