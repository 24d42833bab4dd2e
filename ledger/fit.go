package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"slipway/release"
)

// MaxRecord is the size in bytes of the largest record, encoded.
const MaxRecord = 32 << 10

// The bounds of what is kept however large a record is, in bytes as encoded.
const (
	maxReason   = 1024
	maxSource   = 1024
	maxArtifact = 2048
	maxName     = 256
)

// fit returns the record as it is stored, and its encoding of at most [MaxRecord] bytes. The
// same record is always cut in the same way, as [release.Progress.Fit] cuts a progress.
// Identity, outcome and what is held are kept, and so is the reason, cut to a kilobyte.
func (r Record) fit() (Record, []byte, error) {
	r = r.shortened()
	for _, k := range release.Keeps() {
		cut := keep(r, k)
		value, err := encode(cut)
		if err != nil || len(value) <= MaxRecord {
			return cut, value, err
		}
	}
	return r, nil, fmt.Errorf("the record of %s has more than %d bytes however much of it is cut", r.ReleaseID, MaxRecord)
}

// encode writes an entry without the time of its storage, which the bucket tells.
func encode[T entry[T]](r T) ([]byte, error) {
	r = r.stored(time.Time{})
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // one byte where there would be six
	err := e.Encode(r)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

// shortened bounds what is kept of every record. Nothing of r is changed.
func (r Record) shortened() Record {
	r.Identity = r.Identity.shortened()
	r.SetID, r.RetryOf, r.RequestedBy = shorten(r.SetID, maxName), shorten(r.RetryOf, maxName), shorten(r.RequestedBy, maxName)
	r.ByName = r.ByName.Bounded()
	r.Lost, r.Config = shorten(r.Lost, maxReason), shorten(r.Config, release.MaxConfigDigest)
	whole := r.Progress
	whole.Cut = r.Cut
	p := whole.Bounded(maxReason, maxArtifact)
	asked := release.Progress{Artifact: r.Artifact}.Bounded(maxReason, maxArtifact)
	r.Artifact = asked.Artifact
	r.Cut = p.Cut
	r.Cut.Artifact = r.Cut.Artifact || asked.Cut.Artifact
	p.Cut = release.Cut{}
	r.Progress = p
	return r
}

func (i Identity) shortened() Identity {
	i.Source, i.EventID, i.Digest = shorten(i.Source, maxSource), shorten(i.EventID, maxSource), shorten(i.Digest, maxName)
	return i
}

func shorten(s string, limit int) string { return release.ShortenEncoded(s, limit) }

// keep returns the record with its progress within the bounds. Nothing of r is changed.
func keep(r Record, k release.Keep) Record {
	whole := r.Progress
	whole.Cut = r.Cut
	p := k.Apply(whole, func(rule release.HeldRule) bool { return !r.unsettled(rule) })
	r.Cut, p.Cut = p.Cut, release.Cut{}
	r.Progress = p
	r.Paid = keepPaid(r.Paid, k)
	r.Held = r.held()
	return r
}

// keepPaid keeps the payments; where only the core is kept, as one of the latest payer.
func keepPaid(paid []Payment, k release.Keep) []Payment {
	if len(paid) == 0 {
		return nil
	}
	paid = slices.Clone(paid)
	if k.Core {
		last := paid[len(paid)-1]
		last.Rules = nil
		for _, p := range paid {
			last.Rules = append(last.Rules, p.Rules...)
			last.Traffic, last.All = last.Traffic || p.Traffic, last.All || p.All
			if last.ChangeID == "" {
				last.ChangeID = p.ChangeID
			}
		}
		last.Rules = last.Rules[max(0, len(last.Rules)-k.Held):]
		paid = []Payment{last}
	}
	for i := range paid {
		paid[i].By, paid[i].Note = shorten(paid[i].By, min(k.Text, maxName)), shorten(paid[i].Note, min(k.Text, maxName))
	}
	return paid
}
