package saeclient_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// lister serves a list of n change orders in pages of at most most, and keeps what it was asked for.
type lister struct {
	n, most int
	asked   []url.Values
}

func (l *lister) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	l.asked = append(l.asked, query)
	number, _ := strconv.Atoi(query.Get("CurrentPage"))
	size, _ := strconv.Atoi(query.Get("PageSize"))
	size = min(size, l.most)
	var orders []string
	for i := (number - 1) * size; i < min(number*size, l.n); i++ {
		orders = append(orders, fmt.Sprintf(`{"ChangeOrderId":"%d"}`, i))
	}
	answerWith(http.StatusOK, fmt.Sprintf(`{"Data":{"ChangeOrderList":[%s],"TotalSize":%d,"PageSize":%d}}`, strings.Join(orders, ","), l.n, size))(w, r)
}

func collect[T any](t *testing.T, all iter.Seq2[T, error]) []T {
	t.Helper()
	var items []T
	for item, err := range all {
		require.NoError(t, err)
		items = append(items, item)
	}
	return items
}

func TestPagesAreReadToTheEnd(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lister lister
		in     *saeclient.ListChangeOrdersInput
		items  int
		pages  int
	}{
		"nothing":                       {lister{n: 0, most: 100}, &saeclient.ListChangeOrdersInput{AppID: "a"}, 0, 1},
		"one page":                      {lister{n: 3, most: 100}, &saeclient.ListChangeOrdersInput{AppID: "a"}, 3, 1},
		"exactly one page":              {lister{n: 100, most: 100}, &saeclient.ListChangeOrdersInput{AppID: "a"}, 100, 1},
		"the last page is short":        {lister{n: 25, most: 100}, &saeclient.ListChangeOrdersInput{AppID: "a", PageSize: new(10)}, 25, 3},
		"the platform has its own size": {lister{n: 25, most: 5}, &saeclient.ListChangeOrdersInput{AppID: "a"}, 25, 5},
		"from the second page on":       {lister{n: 25, most: 100}, &saeclient.ListChangeOrdersInput{AppID: "a", PageSize: new(10), CurrentPage: new(2)}, 15, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, tt.lister.ServeHTTP)
			require.Len(t, collect(t, client.ListChangeOrdersAll(t.Context(), tt.in)), tt.items)
			require.Len(t, tt.lister.asked, tt.pages)
			require.Equal(t, "a", tt.lister.asked[0].Get("AppId"))
		})
	}
}

func TestPagesAreReadAsTheyAreNeeded(t *testing.T) {
	t.Parallel()
	l := lister{n: 100, most: 100}
	client := serve(t, l.ServeHTTP)
	all := client.ListChangeOrdersAll(t.Context(), &saeclient.ListChangeOrdersInput{AppID: "a", PageSize: new(10)})
	for range 2 { // a sequence can be walked again
		l.asked = nil
		seen := 0
		for _, err := range all {
			require.NoError(t, err)
			if seen++; seen == 11 {
				break
			}
		}
		require.Len(t, l.asked, 2)
		require.Equal(t, "1", l.asked[0].Get("CurrentPage"))
	}
}

func TestPage_AFailureEndsTheList(t *testing.T) {
	t.Parallel()
	l := lister{n: 30, most: 10}
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if len(l.asked) == 1 {
			answerWith(http.StatusServiceUnavailable, `{}`)(w, r)
			return
		}
		l.ServeHTTP(w, r)
	})
	var items, failures int
	for order, err := range client.ListChangeOrdersAll(t.Context(), &saeclient.ListChangeOrdersInput{AppID: "a"}) {
		if err != nil {
			require.ErrorIs(t, err, cloudapi.ErrUnavailable)
			require.Empty(t, order.ChangeOrderID)
			failures++
			continue
		}
		items++
	}
	require.Equal(t, []int{10, 1}, []int{items, failures})
	for _, err := range client.ListChangeOrdersAll(t.Context(), nil) {
		require.ErrorIs(t, err, cloudapi.ErrInvalid, "no AppId")
	}
}

// TestPage_EveryPagedListHasAnIterator walks through the sample of each list that pages, which
// every page request answers.
func TestPage_EveryPagedListHasAnIterator(t *testing.T) {
	t.Parallel()
	for name, walk := range map[string]func(*testing.T, *saeclient.Client) int{
		"DescribeNamespaces": func(t *testing.T, c *saeclient.Client) int {
			t.Helper()
			return len(collect(t, c.DescribeNamespacesAll(t.Context(), nil)))
		},
		"DescribeApplicationInstances": func(t *testing.T, c *saeclient.Client) int {
			t.Helper()
			return len(collect(t, c.DescribeApplicationInstancesAll(t.Context(), &saeclient.DescribeApplicationInstancesInput{AppID: "a", GroupID: "g"})))
		},
		"DescribeApplicationGroups": func(t *testing.T, c *saeclient.Client) int {
			t.Helper()
			return len(collect(t, c.DescribeApplicationGroupsAll(t.Context(), &saeclient.DescribeApplicationGroupsInput{AppID: "a", PageSize: new(1)})))
		},
		"ListApplications": func(t *testing.T, c *saeclient.Client) int {
			t.Helper()
			return len(collect(t, c.ListApplicationsAll(t.Context(), nil)))
		},
		"ListLogConfigs": func(t *testing.T, c *saeclient.Client) int {
			t.Helper()
			return len(collect(t, c.ListLogConfigsAll(t.Context(), &saeclient.ListLogConfigsInput{AppID: "a"})))
		},
		"ListAppEvents": func(t *testing.T, c *saeclient.Client) int {
			t.Helper()
			return len(collect(t, c.ListAppEventsAll(t.Context(), &saeclient.ListAppEventsInput{Namespace: "n"})))
		},
		"ListNamespaceChangeOrders": func(t *testing.T, c *saeclient.Client) int {
			t.Helper()
			return len(collect(t, c.ListNamespaceChangeOrdersAll(t.Context(), &saeclient.ListNamespaceChangeOrdersInput{NamespaceID: "n"})))
		},
		"ListChangeOrders": func(t *testing.T, c *saeclient.Client) int {
			t.Helper()
			return len(collect(t, c.ListChangeOrdersAll(t.Context(), &saeclient.ListChangeOrdersInput{AppID: "a"})))
		},
		"ListAppServicesPage": func(t *testing.T, c *saeclient.Client) int {
			t.Helper()
			return len(collect(t, c.ListAppServicesPageAll(t.Context(), &saeclient.ListAppServicesPageInput{PageSize: new(1)})))
		},
		"ListTagResources": func(t *testing.T, c *saeclient.Client) int {
			t.Helper()
			return len(collect(t, c.ListTagResourcesAll(t.Context(), &saeclient.ListTagResourcesInput{
				RegionID: "r", ResourceType: "application", ResourceIDs: []string{"a"},
			})))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requests := 0
			client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				// The samples say of more items than they show.
				if requests++; requests > 2 {
					answerWith(http.StatusOK, `{"RequestId":"1"}`)(w, r)
					return
				}
				http.ServeFile(w, r, "testdata/samples/"+name+".json")
			})
			require.NotZero(t, walk(t, client))
			require.LessOrEqual(t, requests, 3)
		})
	}
}

func TestPage_AListThatDoesNotPageIsReadOnce(t *testing.T) {
	t.Parallel()
	client := serve(t, answerWith(http.StatusOK, `{"Data":[{"GroupId":"a"},{"GroupId":"b"}]}`))
	groups := collect(t, client.DescribeApplicationGroupsAll(t.Context(), &saeclient.DescribeApplicationGroupsInput{AppID: "a", PageSize: new(2)}))
	require.Len(t, groups, 2)
}

func TestPagesByToken(t *testing.T) {
	t.Parallel()
	var tokens []string
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		token := r.URL.Query().Get("NextToken")
		tokens = append(tokens, token)
		next := map[string]string{"": "second", "second": "third", "third": `""`}[token]
		text, _ := json.Marshal(map[string]any{"Data": map[string]any{"NextToken": next, "TagResources": []map[string]string{{"TagKey": "k" + token}}}})
		answerWith(http.StatusOK, string(text))(w, r)
	})
	in := &saeclient.ListTagResourcesInput{RegionID: "r", ResourceType: "application", ResourceIDs: []string{"a"}}
	require.Len(t, collect(t, client.ListTagResourcesAll(t.Context(), in)), 3)
	require.Equal(t, []string{"", "second", "third"}, tokens)
	in.NextToken = new("third")
	require.Len(t, collect(t, client.ListTagResourcesAll(t.Context(), in)), 1)
	for _, err := range client.ListTagResourcesAll(t.Context(), nil) {
		require.True(t, errors.Is(err, cloudapi.ErrInvalid))
	}
}
