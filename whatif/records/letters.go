package records

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/apps"
	"slipway/internal/documents"
	"slipway/policy"
	"slipway/release"
	"slipway/whatif"
	"slipway/wire"
)

// letters reads the requests that policies have refused.
type letters struct {
	js        jetstream.JetStream
	store     *apps.Store
	called    names
	selection Selection
	// histories are the revisions of application documents, by the names of applications.
	histories map[string][]apps.Document
}

// read reads them, the latest first.
func (l letters) read(ctx context.Context) (out []whatif.Recorded, err error) {
	dead := wire.NewDeadLetters(l.js)
	for _, kind := range []wire.MessageKind{wire.KindRequest, wire.KindSet} {
		found, _, err := dead.List(ctx, wire.LetterFilter{Kind: kind, Reason: policy.RefusalWords, Since: l.selection.Since, Limit: l.selection.Last})
		if err != nil {
			return nil, err
		}
		for _, each := range found {
			if slices.ContainsFunc(each.Problems(), func(p release.Problem) bool { return !policy.IsRefusal(p) }) {
				continue // it would be refused all the same
			}
			letter, err := dead.Get(ctx, each.Sequence)
			if errors.Is(err, wire.ErrNoDeadLetter) { // dropped meanwhile
				continue
			}
			if err != nil {
				return nil, err
			}
			refused, err := l.refused(ctx, letter)
			if err != nil {
				return nil, fmt.Errorf("dead letter %d: %w", letter.Sequence, err)
			}
			if l.chooses(letter, refused) {
				out = append(out, refused)
			}
		}
	}
	return out, nil
}

// chooses reports whether a refused request is of the selection; of one that cannot be read what it is about tells.
func (l letters) chooses(letter wire.Letter, refused whatif.Recorded) bool {
	if refused.Unreadable == "" {
		return l.selection.chooses(refused.Spec.App, refused.Names)
	}
	of := l.selection
	of.Apps = nil
	return of.chooses(release.App{}, []string{letter.About}) && (len(l.selection.Apps) == 0 || slices.ContainsFunc(l.selection.Apps, func(app release.App) bool {
		return app.SearchValue() == letter.About || slices.Contains(l.called[app.WithDefaults()], letter.About)
	}))
}

const unreadable = "the dead letter cannot be read as a request"

// refused is what a dead letter asked for.
func (l letters) refused(ctx context.Context, letter wire.Letter) (out whatif.Recorded, err error) {
	out.DeadLetter = letter.Sequence
	switch msg := letter.Original(); {
	case letter.Kind == wire.KindSet:
		out.Unreadable = "a set is not judged as a whole"
	case len(letter.Redacted) > 0:
		out.Unreadable = "secrets or a signature were cut out of the dead letter"
	case wire.IsNamedRequest(msg.Subject):
		r, err := wire.DecodeNamedRequest(msg)
		if err != nil {
			out.Unreadable = unreadable
			return out, nil //nolint:nilerr // it is told as what is missing
		}
		out.ReleaseID, out.Names = r.ReleaseID, []string{r.String()}
		out.Spec, out.Unreadable, err = l.resolved(ctx, r.Named, letter.At)
		if err != nil {
			return out, err
		}
	default:
		r, err := wire.DecodeRequest(msg)
		if err != nil {
			out.Unreadable = unreadable
			return out, nil //nolint:nilerr // it is told as what is missing
		}
		out.ReleaseID, out.Spec = r.ReleaseID, r.Spec.WithDefaults()
	}
	for _, name := range l.called[out.Spec.App.WithDefaults()] {
		if !slices.Contains(out.Names, name) {
			out.Names = append(out.Names, name)
		}
	}
	return out, nil
}

// resolved is what a request by name meant at a time, by the document as it was then.
func (l letters) resolved(ctx context.Context, n wire.Named, at time.Time) (spec release.Spec, missing string, err error) {
	if n.Promotes() {
		return spec, "what a promotion brings is looked up when it is asked for", nil
	}
	const gone = "the application document of the time is not kept any more"
	revisions, known := l.histories[n.Application]
	if !known {
		revisions, err = l.store.History(ctx, n.Application)
		if _, none := errors.AsType[*documents.UnknownError](err); err != nil && !none {
			return spec, "", err
		}
		l.histories[n.Application] = revisions
	}
	for _, d := range revisions { // the latest first
		if d.Change.At.After(at) {
			continue
		}
		if d.Spec == nil {
			return spec, gone, nil
		}
		if spec, err = d.Spec.Resolve(n); err != nil {
			return spec, "the request does not fit the application document of the time", nil //nolint:nilerr // as above
		}
		return spec, "", nil
	}
	return spec, gone, nil
}
