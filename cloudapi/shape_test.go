package cloudapi_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/internal/loosejson"
)

func TestShape_NamesEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	shape := &cloudapi.Shape{Type: cloudapi.ShapeArray, MinItems: 1, MaxItems: 2, Items: &cloudapi.Shape{Type: cloudapi.ShapeObject, Members: []*cloudapi.Shape{
		{Name: "name", Type: cloudapi.ShapeString, Required: true, Pattern: "^[a-z]+$"},
		{Name: "size", Type: cloudapi.ShapeInteger, Required: true, Max: new(int64(9))},
		{Name: "rest", Type: cloudapi.ShapeAny},
		{Name: "tags", Type: cloudapi.ShapeObject, Items: &cloudapi.Shape{Type: cloudapi.ShapeString}},
	}}}
	for text, want := range map[string][]string{
		`[{"name":"a","size":1}]`:                         nil,
		`[{"NAME":"a","size":"1","rest":[{"x":1}]}]`:      nil,
		`[{"name":"a","size":0,"more":1,"tags":{"a":1}}]`: nil,
		`[]`:                        {"list must have at least 1 elements"},
		`[{"name":"","size":null}]`: {"list[0].name is required", "list[0].size is required"},
		`[{},{"name":"A","size":10},{"name":"a","size":1}]`: {
			"list must have at most 2 elements", "list[0].name is required", "list[0].size is required",
			"list[1].name must match ^[a-z]+$", "list[1].size must be at most 9",
		},
		`[{"name":"a","size":1,"tags":{"a":{}}}]`: {"list[0].tags.a must be a text"},
	} {
		value, err := loosejson.Parse([]byte(text))
		require.NoError(t, err)
		var got []string
		shape.Check("list", value, func(place, format string, args ...any) { got = append(got, place+" "+fmt.Sprintf(format, args...)) })
		require.Equal(t, want, got, text)
	}
}
