package cli

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"slipway/apps"
	"slipway/release"
)

// lookupsAtOnce is how many applications of a document are asked for at a time.
const lookupsAtOnce = 4

// withIDs is a document with the IDs of the applications that it names. Workers ask their platforms; for a document that names
// none, nothing but NATS is needed.
func withIDs(ctx context.Context, c *call, d apps.Application) (apps.Application, error) {
	asked := map[int]release.LookupInput{}
	for i, e := range d.Environments {
		if e.App.Name != "" {
			asked[i] = release.LookupInput{App: release.App{Platform: e.App.Platform, Region: e.App.Region}, Namespace: e.App.Namespace, Name: e.App.Name}
		}
	}
	if len(asked) == 0 {
		return d, nil
	}
	answers := map[int]release.Lookup{}
	err := withTemporal(func(ctx context.Context, c *call) (err error) {
		answers, err = c.lookups(ctx, d, asked)
		return err
	})(ctx, c)
	if err != nil {
		return d, err
	}
	resolved, err := d.Resolved(answers)
	if err != nil {
		return d, fmt.Errorf("application %s was not stored:\n%w", d.Name, err)
	}
	for i, e := range resolved.Environments {
		if d.Environments[i].App.Unresolved() {
			c.app.infof("%s/%s is %s, which %s calls %s", d.Name, e.Name, e.App.App().SearchValue(), e.App.Platform, e.App.Called())
		}
	}
	return resolved, nil
}

// lookups asks for all of them, by the numbers of their environments.
func (c *call) lookups(ctx context.Context, d apps.Application, asked map[int]release.LookupInput) (map[int]release.Lookup, error) {
	answers, mu := map[int]release.Lookup{}, sync.Mutex{}
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(lookupsAtOnce)
	for i, in := range asked {
		all.Go(func() error {
			found, err := c.client.Lookup(ctx, in)
			if err != nil {
				return fmt.Errorf("environment %s: the ID of %s cannot be asked for: %w; with its id in the place of its name nobody is asked",
					d.Environments[i].Name, d.Environments[i].App.Called(), err)
			}
			mu.Lock()
			defer mu.Unlock()
			answers[i] = found
			return nil
		})
	}
	return answers, all.Wait()
}

// withoutIDs says of a good file which IDs it leaves open.
func withoutIDs(c *call, d apps.Application) {
	if open := d.Unresolved(); len(open) > 0 {
		c.app.infof("its file has no id of %s: \"slipway app apply\" asks the platform which application is called so", strings.Join(open, ", "))
	}
}
