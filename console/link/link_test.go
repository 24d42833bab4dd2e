package link_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/console/link"
	"slipway/release"
)

const releaseID = "r-abcdefghijklmnop"

// until is the end of the links of all tests.
func until() time.Time { return time.Date(2026, 11, 30, 20, 0, 0, 0, time.UTC) }

func signer(t *testing.T, key string) *link.Signer {
	t.Helper()
	s, err := link.New([]byte(key))
	require.NoError(t, err)
	return s
}

func waiting() release.Progress {
	return release.Progress{
		ReleaseID: releaseID, Artifact: release.Artifact{Image: "shop:2"}, Phase: release.PhaseAwaitingConfirm, ChangeID: "c-1",
		Awaiting: &release.Awaiting{Kind: release.AwaitConfirm, Batch: 1},
	}
}

// What was signed is what is verified, until its time is over.
func TestSigner(t *testing.T) {
	t.Parallel()
	s := signer(t, strings.Repeat("k", link.MinKey))
	l := link.Link{Action: link.Confirm, ReleaseID: releaseID, Batch: 2, Seen: "seen", Until: until()}
	token := s.Sign(l)
	require.Regexp(t, `^[A-Za-z0-9_-]+$`, token)
	require.Equal(t, "https://slipway.example/go/"+token, s.URL("https://slipway.example/", l))
	got, err := s.Verify(token, until().Add(-time.Second))
	require.NoError(t, err)
	require.Equal(t, l, got)
	require.Equal(t, releaseID, link.ReleaseOf(token))

	got, err = s.Verify(token, until())
	require.ErrorIs(t, err, link.ErrExpired)
	require.Equal(t, l, got, "it says where to look")

	longest := link.Link{Action: link.Confirm, ReleaseID: "r-" + strings.Repeat("a", release.MaxID-2), Batch: 1 << 30, Seen: strings.Repeat("s", 22), Until: until()}
	_, err = s.Verify(s.Sign(longest), until().Add(-time.Second))
	require.NoError(t, err)
}

// Nothing counts that another key has signed, or of which one bit was changed.
func TestSigner_Forged(t *testing.T) {
	t.Parallel()
	s := signer(t, strings.Repeat("k", link.MinKey))
	l := link.Link{Action: link.Approve, ReleaseID: releaseID, Until: until()}
	token := s.Sign(l)
	raw, err := base64.RawURLEncoding.DecodeString(token)
	require.NoError(t, err)
	for at := range raw {
		changed := append([]byte(nil), raw...)
		changed[at] ^= 1
		_, err := s.Verify(base64.RawURLEncoding.EncodeToString(changed), until().Add(-time.Hour))
		require.ErrorIs(t, err, link.ErrForged, "byte %d", at)
	}
	for name, forged := range map[string]string{
		"another key": signer(t, strings.Repeat("l", link.MinKey)).Sign(l), "nothing": "", "no token": "a b", "short": token[:20], "cut": token[:len(token)-1],
		"more": token + "AA", "padded": token + "=", "long": strings.Repeat("A", link.MaxToken+1),
		"no release": s.Sign(link.Link{Action: link.Approve, ReleaseID: "../../", Until: until()}), "no action": s.Sign(link.Link{Action: "abort", ReleaseID: releaseID, Until: until()}),
	} {
		_, err := s.Verify(forged, until().Add(-time.Hour))
		require.ErrorIs(t, err, link.ErrForged, name)
	}
	require.Empty(t, link.ReleaseOf("AAAA"))
	require.Empty(t, link.ReleaseOf(s.Sign(link.Link{Action: link.Approve, ReleaseID: "../../", Until: until()})))
}

// A key that could be guessed is refused, and no key is shown.
func TestNew(t *testing.T) {
	t.Parallel()
	_, err := link.New([]byte(strings.Repeat("k", link.MinKey-1)))
	require.ErrorContains(t, err, "must have 32 at least")
	require.NotContains(t, err.Error(), "kkk")
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		require.Equal(t, "link.Signer", fmt.Sprintf(format, signer(t, strings.Repeat("k", link.MinKey))))
	}
}

// A link is for what is waited for when it is made: for another batch, artifact, change or configuration there is another.
func TestOf(t *testing.T) {
	t.Parallel()
	confirm, err := link.Of(link.Confirm, waiting())
	require.NoError(t, err)
	require.Equal(t, link.Link{Action: link.Confirm, ReleaseID: releaseID, Batch: 1, Seen: confirm.Seen}, confirm)
	again, err := link.Of(link.Confirm, waiting())
	require.NoError(t, err)
	again.Until = until()
	require.True(t, confirm.Same(again))
	for name, change := range map[string]func(*release.Progress){
		"batch": func(p *release.Progress) { p.Awaiting = &release.Awaiting{Kind: release.AwaitConfirm, Batch: 2} }, "artifact": func(p *release.Progress) { p.Artifact.Image = "shop:3" },
		"change": func(p *release.Progress) { p.ChangeID = "c-2" }, "release": func(p *release.Progress) { p.ReleaseID = "r-bcdefghijklmnopq" },
	} {
		p := waiting()
		change(&p)
		other, err := link.Of(link.Confirm, p)
		require.NoError(t, err)
		require.False(t, confirm.Same(other), name)
	}

	asks := release.Progress{ReleaseID: releaseID, Artifact: release.Artifact{Image: "shop:2"}, Phase: release.PhaseAwaitingApproval, Config: "sha256:1", Approval: &release.ApprovalState{Approval: release.Approval{Count: 1}}}
	approve, err := link.Of(link.Approve, asks)
	require.NoError(t, err)
	asks.Config = "sha256:2"
	other, err := link.Of(link.Approve, asks)
	require.NoError(t, err)
	require.False(t, approve.Same(other), "configuration")

	ended := waiting()
	ended.Phase = release.PhaseSucceeded
	for name, c := range map[string]struct {
		action link.Action
		p      release.Progress
	}{"ended": {link.Confirm, ended}, "no approval": {link.Approve, waiting()}, "no confirmation": {link.Confirm, asks}, "no action": {"abort", waiting()}} {
		_, err := link.Of(c.action, c.p)
		require.ErrorAs(t, err, new(release.Refusal), name)
	}
}

// Whatever was signed is read as it was, or not at all; and what nobody has signed never counts.
func FuzzVerify(f *testing.F) {
	s, err := link.New([]byte(strings.Repeat("k", link.MinKey)))
	require.NoError(f, err)
	f.Add("confirm", releaseID, 1, "seen", int64(1796000000), "AQ")
	f.Add("approve", "r-a\nb", -1, "", int64(0), s.Sign(link.Link{Action: link.Confirm, ReleaseID: releaseID}))
	f.Fuzz(func(t *testing.T, action, id string, batch int, seen string, end int64, token string) {
		l := link.Link{Action: link.Action(action), ReleaseID: id, Batch: batch, Seen: seen, Until: time.Unix(end, 0).UTC()}
		signed := s.Sign(l)
		if got, err := s.Verify(signed, time.Unix(end-1, 0)); err == nil {
			require.Equal(t, l, got)
		} else {
			require.ErrorIs(t, err, link.ErrForged)
		}
		if got, err := s.Verify(token, time.Unix(0, 0)); err == nil {
			require.Equal(t, token, s.Sign(got), "it was signed by this key")
		}
		if id := link.ReleaseOf(token); id != "" {
			require.NoError(t, release.CheckReleaseID(id))
		}
	})
}
