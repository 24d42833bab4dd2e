package releases

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"slipway/release"
)

// The bounds of what an overview has of what waits for its turn.
const (
	// queueListed is how many queued releases of an application are listed.
	queueListed = 3
	// queueCounted is how many queued releases are counted, of all applications.
	queueCounted = 1000
)

// Overview is a list of releases in which no queue hides what runs.
type Overview struct {
	// Found are those under way, then the first of those that wait for their turn, then the latest ended.
	Found []Listed
	// More reports whether the limit cut the list.
	More bool
	// Queues are the applications of which more wait than are listed, the longest queue first.
	Queues []Queue
}

// Queue is how many releases of an application wait for their turn that an overview does not list.
type Queue struct {
	// App is the application as platform/region/id, and AppName what the platform calls it.
	App     string `json:"app"`
	AppName string `json:"appName,omitempty"`
	// Unlisted is how many are not listed.
	Unlisted int `json:"unlisted"`
}

// Overview lists releases as [Client.List] does, but of each application only the first three that wait
// for their turn. The others are counted, as far as there are not more than a thousand in all.
func (c *Client) Overview(ctx context.Context, f Filter) (Overview, error) {
	query, none, err := c.queryOf(ctx, f)
	if err != nil || none {
		return Overview{}, err
	}
	queued := release.SearchPhase + " = " + literal(string(release.PhaseQueued))
	others := fmt.Sprintf(" AND (%s != %s OR %s IS NULL)", release.SearchPhase, literal(string(release.PhaseQueued)), release.SearchPhase)
	var found, waiting []Listed
	var more bool
	group, reading := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		found, more, err = c.list(reading, f, search{query: query + others, limit: f.Limit, changes: true})
		return err
	})
	group.Go(func() (err error) {
		waiting, _, err = c.list(reading, f, search{query: query + " AND " + queued + " AND " + running, limit: queueCounted})
		return err
	})
	if err := group.Wait(); err != nil {
		return Overview{}, err
	}
	shown, queues := shorten(slices.DeleteFunc(waiting, func(w Listed) bool {
		return slices.ContainsFunc(found, func(l Listed) bool { return l.ID == w.ID }) // its turn has come meanwhile
	}))
	ended := slices.IndexFunc(found, func(l Listed) bool { return !l.EndedAt.IsZero() })
	if ended < 0 {
		ended = len(found)
	}
	o := Overview{Found: slices.Concat(found[:ended], shown, found[ended:]), More: more, Queues: queues}
	if f.Limit > 0 && len(o.Found) > f.Limit {
		o.Found, o.More = o.Found[:f.Limit], true
	}
	return o, nil
}

// shorten keeps the first of each queue, the latest first as in any list, and counts the others.
func shorten(waiting []Listed) (shown []Listed, queues []Queue) {
	kept, unlisted := map[string]int{}, map[string]*Queue{}
	for _, l := range slices.SortedStableFunc(slices.Values(waiting), func(a, b Listed) int { return a.CreatedAt.Compare(b.CreatedAt) }) {
		if kept[l.App] < queueListed {
			kept[l.App]++
			shown = append(shown, l)
			continue
		}
		if unlisted[l.App] == nil {
			unlisted[l.App] = &Queue{App: l.App, AppName: l.AppName}
		}
		unlisted[l.App].Unlisted++
	}
	for _, q := range unlisted {
		queues = append(queues, *q)
	}
	slices.SortFunc(queues, func(a, b Queue) int { return cmp.Or(b.Unlisted-a.Unlisted, cmp.Compare(a.App, b.App)) })
	slices.Reverse(shown)
	return shown, queues
}
