package servicestagesim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/simframe"
)

const (
	// maxLimit is how many items a page of version 3 has at most.
	maxLimit = 100
	// maxOffset keeps sums of an offset and a limit small.
	maxOffset = 1 << 30
)

// thing is what everything has that has a name: in lists it is sorted by.
type thing struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Creator     string    `json:"creator"`
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`
	// Number tells which was made first of two that were made at the same time.
	Number uint64 `json:"number"`
}

func (t *thing) base() *thing { return t }

// listed is what lists have: a pointer to a struct that embeds [thing].
type listed interface{ base() *thing }

// newThing makes what a new thing of a name has.
func (c *call) newThing(kind, name, description string) thing {
	id := c.st.Draw(kind)
	return thing{ID: id, Name: name, Description: description, Creator: c.user, Created: c.now, Updated: c.now, Number: c.st.Drawn}
}

// sortThings sorts by the parameters order_by and order: by creation, the newest first, unless they say something else.
func sortThings[T listed](c *call, items []T) {
	by := func(a, b T) int { return a.base().Created.Compare(b.base().Created) }
	switch c.query.Get("order_by") {
	case "name":
		by = func(a, b T) int { return strings.Compare(a.base().Name, b.base().Name) }
	case "update_time":
		by = func(a, b T) int { return a.base().Updated.Compare(b.base().Updated) }
	}
	sign := -1
	if c.query.Get("order") == "asc" {
		sign = 1
	}
	slices.SortFunc(items, func(a, b T) int {
		return sign * cmp.Or(by(a, b), cmp.Compare(a.base().Number, b.base().Number))
	})
}

// page cuts the page out of a list that the parameters limit and offset ask for; without limit it has 100.
func page[T any](c *call, items []T) ([]T, *apiError) { return pageOf(c, items, maxLimit) }

// pageOf cuts a page as page does, of another number of items without limit.
func pageOf[T any](c *call, items []T, otherwise int) ([]T, *apiError) {
	var k checker
	limit := c.number(&k, "limit", numberRange{otherwise: otherwise, most: maxLimit})
	offset := c.number(&k, "offset", numberRange{most: maxOffset})
	if refused := k.refusal(); refused != nil {
		return nil, refused
	}
	from := min(offset, len(items))
	return items[from:min(from+limit, len(items))], nil
}

// numberRange says what a number of a query is where it is absent, and at most.
type numberRange struct{ otherwise, most int }

// number reads a number of the query, not below 0.
func (c *call) number(k *checker, name string, r numberRange) int {
	text := c.query.Get(name)
	if text == "" {
		return r.otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > r.most {
		k.check(false, "%s must be a number from 0 to %d, is %q", name, r.most, simframe.Shorten(text))
		return r.otherwise
	}
	return n
}

// shown is a page of things as they are answered, and how many there are in all.
func shown[T listed, V any](c *call, items []T, show func(T) V) ([]V, int, *apiError) {
	sortThings(c, items)
	cut, refused := page(c, items)
	return views(cut, show), len(items), refused
}

// views are things as they are answered.
func views[T, V any](items []T, show func(T) V) []V {
	views := make([]V, len(items))
	for i, item := range items {
		views[i] = show(item)
	}
	return views
}

// wanted keeps those of a map that fit.
func wanted[T listed](from map[string]T, fits func(T) bool) []T {
	items := []T{}
	for _, item := range from {
		if fits(item) {
			items = append(items, item)
		}
	}
	return items
}

// all keeps everything.
func all[T listed](T) bool { return true }

// asked reports whether a value is the one that a parameter of the query asks for, if it asks.
func (c *call) asked(name, value string) bool {
	asked := c.query.Get(name)
	return asked == "" || asked == value
}
