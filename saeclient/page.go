package saeclient

import (
	"context"
	"iter"
	"reflect"
)

// DefaultPageSize is the page size of iterators over lists when the Input gives none.
const DefaultPageSize = 100

// page is one page of a list, as an iterator sees it.
type page[T any] struct {
	items []T
	// total is how many items all pages have, 0 when the answer does not say.
	total int
}

// pages walks through a list page by page.
func pages[T any](number, size int, fetch func(number, size int) (page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for got, err := range eachPage(number, size, fetch) {
			if err != nil {
				yield(*new(T), err)
				return
			}
			if !yieldAll(got.items, yield) {
				return
			}
		}
	}
}

// eachPage asks for page after page, until as many items were seen as there are. Where the answer does not say how many, a page ends
// it that is short, empty, or the same as the one before: an operation may take paging parameters and not page.
func eachPage[T any](number, size int, fetch func(number, size int) (page[T], error)) iter.Seq2[page[T], error] {
	return func(yield func(page[T], error) bool) {
		number, size := max(number, 1), size
		if size <= 0 {
			size = DefaultPageSize
		}
		var before page[T]
		for seen := (number - 1) * size; ; number++ {
			got, err := fetch(number, size)
			seen += len(got.items)
			switch {
			case err == nil && len(got.items) == 0:
				return
			case err == nil && got.total == 0 && reflect.DeepEqual(got, before):
				return
			case !yield(got, err) || err != nil:
				return
			case got.total > 0 && seen >= got.total:
				return
			case got.total == 0 && len(got.items) < size:
				return
			}
			before = got
		}
	}
}

// yieldAll hands on items until the receiver has enough.
func yieldAll[T any](items []T, yield func(T, error) bool) bool {
	for _, item := range items {
		if !yield(item, nil) {
			return false
		}
	}
	return true
}

// tokenPages walks through a list whose pages name the next one.
func tokenPages[T any](token string, fetch func(token string) (items []T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			items, next, err := fetch(token)
			if err != nil {
				yield(*new(T), err)
				return
			}
			if !yieldAll(items, yield) || next == "" || next == token {
				return
			}
			token = next
		}
	}
}

// ListTagResourcesAll is [Client.ListTagResources] over all pages, from in.NextToken on. The first error ends it.
func (c *Client) ListTagResourcesAll(ctx context.Context, in *ListTagResourcesInput) iter.Seq2[ListTagResourcesDataTagResources, error] {
	var start ListTagResourcesInput
	if in != nil {
		start = *in
	}
	return tokenPages(valueOf(start.NextToken), func(token string) ([]ListTagResourcesDataTagResources, string, error) {
		ask := start
		if token != "" {
			ask.NextToken = &token
		}
		out, err := c.ListTagResources(ctx, &ask)
		if err != nil {
			return nil, "", err
		}
		return out.Data.TagResources, nextToken(out.Data.NextToken), nil
	})
}

// nextToken reads the token of the next page; the reference's sample shows two quotation marks where there is none.
func nextToken(text string) string {
	if text == `""` {
		return ""
	}
	return text
}

// valueOf is what a pointer points to, or the zero value.
func valueOf[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}
