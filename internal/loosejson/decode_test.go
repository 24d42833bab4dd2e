package loosejson_test

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/cloudapi"
	"slipway/internal/loosejson"
)

type decoded struct {
	Count  int               `json:"Count"`
	Millis int64             `json:"Millis"`
	Share  float64           `json:"Share"`
	Text   string            `json:"Text"`
	Flag   bool              `json:"Flag"`
	Secret cloudapi.Secret   `json:"Secret"`
	Nested *decoded          `json:"Nested"`
	List   []decoded         `json:"List"`
	Names  []string          `json:"Names"`
	Map    map[string]string `json:"Map"`
	Any    map[string]any    `json:"Any"`
}

func TestDecode_DecodingForgivesWhatTheAPIVaries(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		want decoded
	}{
		"numbers as numbers":        {`{"Count":3,"Millis":1616642248938,"Share":2.5}`, decoded{Count: 3, Millis: 1616642248938, Share: 2.5}},
		"numbers as texts":          {`{"Count":"3","Millis":" 1616642248938 ","Share":"2.5"}`, decoded{Count: 3, Millis: 1616642248938, Share: 2.5}},
		"integers in another dress": {`{"Count":3.0,"Millis":"1e3"}`, decoded{Count: 3, Millis: 1000}},
		"greatest and smallest":     {`{"Millis":"9223372036854775807","Count":-9223372036854775808}`, decoded{Millis: math.MaxInt64, Count: math.MinInt64}},
		"booleans for numbers":      {`{"Count":true,"Millis":false}`, decoded{Count: 1}},
		"empty texts":               {`{"Count":"","Share":"","Flag":"","Names":"","Nested":"","Map":""}`, decoded{}},
		"nulls":                     {`{"Count":null,"Text":null,"Nested":null,"List":null,"Map":null}`, decoded{}},
		"texts from scalars":        {`{"Text":200}`, decoded{Text: "200"}},
		"text from boolean":         {`{"Text":true}`, decoded{Text: "true"}},
		"text from object":          {`{"Text":{"a":[1,"b"]}}`, decoded{Text: `{"a":[1,"b"]}`}},
		"booleans in any dress":     {`{"Flag":"True","Nested":{"Flag":1}}`, decoded{Flag: true, Nested: &decoded{Flag: true}}},
		"names in any case":         {`{"count":3,"TEXT":"a"}`, decoded{Count: 3, Text: "a"}},
		"exact name wins":           {`{"count":3,"Count":4,"COUNT":5}`, decoded{Count: 4}},
		"unknown members":           {`{"Brand":{"New":1},"Count":1}`, decoded{Count: 1}},
		"list in an object":         {`{"Names":{"Name":["a","b"]}}`, decoded{Names: []string{"a", "b"}}},
		"list of objects":           {`{"List":[{"Count":"1"},null,{}]}`, decoded{List: []decoded{{Count: 1}, {}, {}}}},
		"maps":                      {`{"Map":{"a":1,"b":"x"},"Any":{"c":[true]}}`, decoded{Map: map[string]string{"a": "1", "b": "x"}, Any: map[string]any{"c": []any{true}}}},
		"secret":                    {`{"Secret":"hush"}`, decoded{Secret: "hush"}},
		"not applicable":            {`{"Count":"N/A","List":"N/A","Text":"N/A"}`, decoded{Text: "N/A"}},
		"objects inside a text":     {`{"Nested":"{\"Count\":1}","Names":"[\"a\"]","Map":"{\"a\":1}"}`, decoded{Nested: &decoded{Count: 1}, Names: []string{"a"}, Map: map[string]string{"a": "1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got decoded
			require.NoError(t, decoder().Decode([]byte(tt.text), &got))
			require.Equal(t, tt.want, got)
		})
	}
}

func TestDecode_DecodingDoesNotGuess(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no number":            `{"Count":"three"}`,
		"part of an instance":  `{"Count":2.5}`,
		"too great":            `{"Count":9223372036854775808}`,
		"far too great":        `{"Count":1e999999999}`,
		"not a number":         `{"Share":"NaN"}`,
		"infinite":             `{"Share":"Inf"}`,
		"object for a number":  `{"Count":{}}`,
		"no boolean":           `{"Flag":"maybe"}`,
		"list for an object":   `{"Nested":[]}`,
		"text for an object":   `{"Nested":"a"}`,
		"object for a list":    `{"Names":{"a":["b"],"c":["d"]}}`,
		"text for a list":      `{"Names":"a"}`,
		"list for a map":       `{"Map":["a"]}`,
		"wrong inside a list":  `{"List":[{"Count":"x"}]}`,
		"wrong inside a map":   `{"Any":1}`,
		"more than one value":  `{} {}`,
		"cut off":              `{"Count":3`,
		"wrong inside nesting": `{"Nested":{"Nested":{"Flag":[]}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Error(t, decoder().Decode([]byte(text), new(decoded)))
		})
	}
}

// decoder reads the times of a platform that writes them without a zone.
func decoder() loosejson.Decoder {
	return loosejson.Decoder{LocalTime: func(text string) (time.Time, error) {
		return time.ParseInLocation(time.DateTime, text, time.FixedZone("GMT+8", 8*60*60))
	}}
}

type variable struct {
	Name  string          `json:"name"`
	Value cloudapi.Secret `json:"value"`
}

type probe struct {
	PeriodSeconds *int `json:"periodSeconds,omitempty"`
}

type timed struct {
	At      time.Time              `json:"At"`
	Seconds time.Time              `json:"Seconds" wire:"seconds"`
	Envs    []variable             `json:"Envs" wire:"text"`
	Probe   *probe                 `json:"Probe" wire:"text"`
	Inner   *timed                 `json:"Inner"`
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

func TestDecode_TimesOfAllForms(t *testing.T) {
	t.Parallel()
	at := time.Date(2020, 12, 17, 13, 6, 45, 0, time.UTC)
	for name, tt := range map[string]struct {
		text string
		want timed
	}{
		"epoch milliseconds":         {`{"At":1608210405000}`, timed{At: at}},
		"epoch milliseconds as text": {`{"At":" 1608210405000"}`, timed{At: at}},
		"epoch seconds":              {`{"Seconds":1608210405}`, timed{Seconds: at}},
		"epoch seconds as text":      {`{"Seconds":"1608210405"}`, timed{Seconds: at}},
		"local":                      {`{"At":"2020-12-17 21:06:45"}`, timed{At: at}},
		"RFC 3339":                   {`{"At":"2020-12-17T13:06:45Z"}`, timed{At: at}},
		"RFC 3339 with a zone":       {`{"At":"2020-12-17T21:06:45+08:00"}`, timed{At: at}},
		"any form in any field":      {`{"Seconds":"2020-12-17 21:06:45"}`, timed{Seconds: at}},
		"no time":                    {`{"At":null,"Seconds":0,"Inner":{"At":"","Seconds":"N/A"}}`, timed{Inner: &timed{}}},
		"no time of JSON":            {`{"At":999999999999999999,"Seconds":"0000-01-01T00:00:00+23:00"}`, timed{Unknown: cloudapi.UnknownFields{"At": json.RawMessage("999999999999999999"), "Seconds": json.RawMessage(`"0000-01-01T00:00:00+23:00"`)}}},
		"not a time":                 {`{"At":"soon","Seconds":1.5}`, timed{Unknown: cloudapi.UnknownFields{"At": json.RawMessage(`"soon"`), "Seconds": json.RawMessage("1.5")}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got timed
			require.NoError(t, decoder().Decode([]byte(tt.text), &got))
			require.Equal(t, tt.want, got)
		})
	}
}

func TestDecode_WhatHasNoFieldIsKept(t *testing.T) {
	t.Parallel()
	var got timed
	require.NoError(t, decoder().Decode([]byte(`{"Brand":{"New":[1,"<a>"]},"at":1608210405000,"Inner":{"More":123456789012345678},"Unknown":{"a":1}}`), &got))
	require.Equal(t, cloudapi.UnknownFields{"Brand": json.RawMessage(`{"New":[1,"<a>"]}`), "Unknown": json.RawMessage(`{"a":1}`)}, got.Unknown)
	require.Equal(t, cloudapi.UnknownFields{"More": json.RawMessage(`123456789012345678`)}, got.Inner.Unknown, "to the last digit")
	require.False(t, got.At.IsZero())
}

func TestDecode_JSONTextsAreReadOrKept(t *testing.T) {
	t.Parallel()
	var got timed
	require.NoError(t, decoder().Decode([]byte(`{"Envs":"[{\"name\":\"A\",\"value\":1}]","Probe":{"periodSeconds":"3"}}`), &got))
	require.Equal(t, timed{Envs: []variable{{Name: "A", Value: "1"}}, Probe: &probe{PeriodSeconds: new(3)}}, got)
	var bad timed
	require.NoError(t, decoder().Decode([]byte(`{"Envs":"A=1","Probe":"{"}`), &bad))
	require.Equal(t, timed{Unknown: cloudapi.UnknownFields{"Envs": json.RawMessage(`"A=1"`), "Probe": json.RawMessage(`"{"`)}}, bad)
}

func TestDecode_NumbersSurviveAnyDress(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		f := rapid.Float64().Draw(t, "f")
		flag := rapid.Bool().Draw(t, "flag")
		dress := func(label, text string) json.RawMessage {
			if rapid.Bool().Draw(t, label+" as text") {
				return json.RawMessage(strconv.Quote(text))
			}
			return json.RawMessage(text)
		}
		text, err := json.Marshal(map[string]json.RawMessage{
			"Millis": dress("n", strconv.FormatInt(n, 10)),
			"Share":  dress("f", strconv.FormatFloat(f, 'g', -1, 64)),
			"Flag":   dress("flag", strconv.FormatBool(flag)),
			"Text":   dress("text", strconv.FormatInt(n, 10)),
		})
		if err != nil {
			t.Fatal(err)
		}
		var got decoded
		if err := decoder().Decode(text, &got); err != nil {
			t.Fatal(err)
		}
		want := decoded{Millis: n, Share: f, Flag: flag, Text: strconv.FormatInt(n, 10)}
		if got.Millis != want.Millis || got.Share != want.Share || got.Flag != want.Flag || got.Text != want.Text {
			t.Fatalf("%s became %+v", text, got)
		}
	})
}

// FuzzDecode looks for answers that crash the decoder, and for answers that it reads otherwise
// than encoding/json does where encoding/json can read them at all.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"Count":3,"Nested":{"List":[{"Text":"a"}]}}`, `{"count":"3"}`, `{"Names":{"Name":["a"]}}`, `[]`, `null`, `1e-999999999`,
		`{"Count":1e-999999999,"Map":{"a":null}}`, `{"Text":"\ud800"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var ours, theirs struct {
			Count int      `json:"Count"`
			Text  string   `json:"Text"`
			Names []string `json:"Names"`
		}
		ourErr := decoder().Decode([]byte(text), &ours)
		if json.Unmarshal([]byte(text), &theirs) == nil {
			require.NoError(t, ourErr)
		}
	})
}

type varied struct {
	Probe  *decoded          `json:"probe"`
	Rules  []decoded         `json:"rules"`
	Names  []string          `json:"names"`
	Labels map[string]string `json:"labels" also:"tags"`
}

func TestDecode_AThingAndAListOfIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]varied{
		`{"probe":{"Count":1},"rules":[{"Count":2}]}`: {Probe: &decoded{Count: 1}, Rules: []decoded{{Count: 2}}},
		`{"probe":[{"Count":1}],"rules":{"Count":2}}`: {Probe: &decoded{Count: 1}, Rules: []decoded{{Count: 2}}},
		`{"probe":[],"rules":[]}`:                     {Rules: []decoded{}},
		`{"rules":{}}`:                                {Rules: []decoded{{}}},
	} {
		var got varied
		require.NoError(t, loosejson.Decoder{Singles: true}.Decode([]byte(text), &got), text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{`{"probe":[{},{}]}`, `{"names":{"a":"b"}}`, `{"rules":"a"}`} {
		require.Error(t, loosejson.Decoder{Singles: true}.Decode([]byte(text), new(varied)), text)
	}
	require.Error(t, loosejson.Decode([]byte(`{"rules":{"Count":2}}`), new(varied)), "only where it is asked for")
}

func TestDecode_AnotherName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]string{
		`{"labels":{"a":"1"}}`:                  {"a": "1"},
		`{"TAGS":{"a":"1"}}`:                    {"a": "1"},
		`{"tags":{"a":"2"},"labels":{"a":"1"}}`: {"a": "1"},
	} {
		var got varied
		require.NoError(t, loosejson.Decode([]byte(text), &got))
		require.Equal(t, want, got.Labels, text)
	}
}
