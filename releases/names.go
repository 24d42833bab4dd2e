package releases

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/api/workflowservice/v1"

	"slipway/release"
)

const (
	// appsAtOnce is how many applications a query for their names has.
	appsAtOnce = 50
	// mostNamePages bounds the queries for the names of one list: each page may be of one application.
	mostNamePages = 10
)

// appNames returns what the platform calls applications, each as platform/region/id, as far as
// releases of them tell that Temporal still has. It asks no worker, and for most lists Temporal once,
// never more than ten times, and for five seconds at most.
// Where Temporal does not answer there are no names: what is listed is good without them.
func (c *Client) appNames(ctx context.Context, apps []string) map[string]string {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	names, pages := map[string]string{}, 0
	for some := range slices.Chunk(distinct(apps), appsAtOnce) {
		for len(some) > 0 && pages < mostNamePages {
			pages++
			known := len(names)
			more := c.namesOf(ctx, some, names)
			some = slices.DeleteFunc(slices.Clone(some), func(app string) bool { return names[app] != "" })
			if !more || len(names) == known {
				break
			}
		}
	}
	return names
}

// namesOf adds the names that one page of releases tells; more reports whether there are further pages,
// which may be of the same applications.
func (c *Client) namesOf(ctx context.Context, apps []string, names map[string]string) (more bool) {
	query := fmt.Sprintf("WorkflowType IN (%s) AND %s IN (%s) AND %s IS NOT NULL",
		strings.Join(releaseTypes(), ", "), release.SearchApp, strings.Join(literals(apps), ", "), release.SearchAppName)
	page, err := c.listPage(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query, PageSize: pageSize})
	if err != nil {
		return false
	}
	for _, info := range page.GetExecutions() {
		if l := listed(info); names[l.App] == "" {
			names[l.App] = l.AppName
		}
	}
	return len(page.GetNextPageToken()) > 0
}

// appsNamed returns the applications that the platform calls so, as platform/region/id: more than one
// where regions have the same names.
func (c *Client) appsNamed(ctx context.Context, name string) ([]string, error) {
	query := fmt.Sprintf("WorkflowType IN (%s) AND %s = %s", strings.Join(releaseTypes(), ", "), release.SearchAppName, literal(release.SearchText(name)))
	var apps []string
	for {
		others := query
		if len(apps) > 0 { // a page may be full of releases of one of them
			others += " AND " + release.SearchApp + " NOT IN (" + strings.Join(literals(apps), ", ") + ")"
		}
		page, err := c.listPage(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: others, PageSize: pageSize})
		if err != nil {
			return nil, err
		}
		known := len(apps)
		for _, info := range page.GetExecutions() {
			apps = append(apps, listed(info).App)
		}
		if apps = distinct(apps); len(page.GetNextPageToken()) == 0 || len(apps) == known {
			return apps, nil
		}
	}
}

func distinct(all []string) []string {
	all = slices.Sorted(slices.Values(all))
	return slices.DeleteFunc(slices.Compact(all), func(s string) bool { return s == "" })
}

// nameApps gives names to what was listed without one.
func nameApps[T any](ctx context.Context, c *Client, all []T, of func(*T) (app string, name *string)) {
	var apps []string
	for i := range all {
		if app, name := of(&all[i]); *name == "" {
			apps = append(apps, app)
		}
	}
	names := c.appNames(ctx, apps)
	for i := range all {
		if app, name := of(&all[i]); *name == "" {
			*name = names[app]
		}
	}
}

// named are the fields of a release by which it gets a name.
func named(l *Listed) (app string, name *string) { return l.App, &l.AppName }
