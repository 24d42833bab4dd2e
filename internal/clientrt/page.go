package clientrt

import (
	"iter"
	"reflect"

	"slipway/cloudapi"
)

// Page is one page of a list, as an iterator sees it.
type Page[T any] struct {
	Items []T
	// Total is how many items all pages have, 0 when the answer does not say.
	Total int
}

// Pages walks through a list page by page.
func Pages[T any](number, size int, fetch func(number, size int) (Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for got, err := range eachPage(number, size, fetch) {
			if err != nil {
				yield(*new(T), err)
				return
			}
			if !yieldAll(got.Items, yield) {
				return
			}
		}
	}
}

// eachPage asks for page after page, until as many items were seen as there are. Where the
// answer does not say how many, a page ends it that is short, empty, or the same as the one
// before: an operation may take paging parameters and not page.
func eachPage[T any](number, size int, fetch func(number, size int) (Page[T], error)) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		number, size := max(number, 1), size
		if size <= 0 {
			size = cloudapi.DefaultPageSize
		}
		var before Page[T]
		for seen := (number - 1) * size; ; number++ {
			got, err := fetch(number, size)
			seen += len(got.Items)
			switch {
			case err == nil && len(got.Items) == 0:
				return
			case err == nil && got.Total == 0 && reflect.DeepEqual(got, before):
				return
			case !yield(got, err) || err != nil:
				return
			case got.Total > 0 && seen >= got.Total:
				return
			case got.Total == 0 && len(got.Items) < size:
				return
			}
			before = got
		}
	}
}

// OffsetPages walks through a list whose pages begin behind a number of items, until as many items were seen as there are, or a
// page is empty.
func OffsetPages[T any](offset, size int, fetch func(offset, size int) (Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		offset, size := max(offset, 0), size
		if size <= 0 {
			size = cloudapi.DefaultPageSize
		}
		for {
			got, err := fetch(offset, size)
			if err != nil {
				yield(*new(T), err)
				return
			}
			offset += len(got.Items)
			if !yieldAll(got.Items, yield) || len(got.Items) == 0 || got.Total > 0 && offset >= got.Total {
				return
			}
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

// TokenPages walks through a list whose pages name the next one. The zero token asks for the first page, and names none.
func TokenPages[T any, K comparable](token K, fetch func(token K) (items []T, next K, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			items, next, err := fetch(token)
			if err != nil {
				yield(*new(T), err)
				return
			}
			if !yieldAll(items, yield) || next == *new(K) || next == token {
				return
			}
			token = next
		}
	}
}

// ValueOf is what a pointer points to, or the zero value.
func ValueOf[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}
