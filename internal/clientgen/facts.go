package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"slipway/internal/apifacts"
)

// facts is what the fact files say, in their own words and order.
type facts struct {
	Version string `json:"version"`
	// Structs are the objects that parameters and answers share, by their names.
	Structs       members         `json:"structs"`
	Regions       []region        `json:"regions"`
	InstanceSpecs []instanceSpec  `json:"instanceSpecs"`
	OrderStatus   []orderStatus   `json:"changeOrderStatus"`
	OrderTypes    []orderType     `json:"changeOrderTypes"`
	Operations    []operationFact `json:"operations"`
	Errors        []errorFact     `json:"-"`
}

type region struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Since string `json:"since"`
}

type instanceSpec struct {
	CPU    int `json:"cpu"`
	Memory int `json:"memory"`
}

type orderStatus struct {
	Code     int    `json:"code"`
	Word     string `json:"word"`
	Meaning  string `json:"meaning"`
	Terminal bool   `json:"terminal"`
}

type orderType struct {
	Code       string   `json:"code"`
	Meaning    string   `json:"meaning"`
	Operations []string `json:"operations"`
}

type operationFact struct {
	Name               string          `json:"name"`
	Chapter            string          `json:"chapter"`
	Group              string          `json:"group"`
	Method             string          `json:"method"`
	Path               string          `json:"path"`
	Summary            string          `json:"summary"`
	Mutates            bool            `json:"mutates"`
	CreatesChangeOrder bool            `json:"createsChangeOrder"`
	ChangeOrderTypes   []string        `json:"changeOrderTypes"`
	Params             []paramFact     `json:"params"`
	Extra              []paramFact     `json:"-"`
	Response           apifacts.Fields `json:"response"`
	// ResponseBody is what the whole body of an answer is where it is not an object of its own: the
	// name of a struct, or bytes. ResponseHeaders are the headers that say something.
	ResponseBody    string          `json:"responseBody"`
	ResponseHeaders apifacts.Fields `json:"responseHeaders"`
	Errors          []struct {
		Code string `json:"code"`
	} `json:"errors"`

	// Since is the date of an operation that the reference does not have.
	Since string `json:"since"`

	config *config
}

// Where says where the operation is documented, for comments.
func (op operationFact) Where() string {
	if op.Since != "" {
		return fmt.Sprintf("since %s, not in the %s", op.Since, op.config.Reference)
	}
	return op.config.Reference + " ch. " + op.Chapter
}

// Types of parameters beside those whose names are Go's.
const (
	// typeJSON is a value that travels as JSON text.
	typeJSON = "json"
	// typeValue is a member of a JSON body that travels as it is.
	typeValue = "value"
	// typeBytes is the whole body of a request or an answer.
	typeBytes = "bytes"
)

type paramFact struct {
	Name       string `json:"name"`
	In         string `json:"in"`
	Type       string `json:"type"`
	Required   bool   `json:"required"`
	RequiredIf string `json:"requiredIf"`
	Enum       []any  `json:"enum"`
	MaxLength  int    `json:"maxLength"`
	Min        *int64 `json:"min"`
	Max        *int64 `json:"max"`
	Pattern    string `json:"pattern"`
	Default    any    `json:"default"`
	Example    any    `json:"example"`
	Unit       string `json:"unit"`
	Note       string `json:"note"`
	Sensitive  bool   `json:"sensitive"`
	// Shape says what the JSON text of a parameter of type json holds.
	Shape *shape `json:"jsonShape"`
	// ShapeName names a shape of newer.json.
	ShapeName string `json:"shape"`
	// Since is the date of a parameter that the reference does not have.
	Since string `json:"since"`
	// Open says that Enum lists the values that are known, and that there may be others.
	Open bool `json:"open"`
	// InExtra says that the operation's page of the reference lacks the parameter and other sources know it.
	InExtra bool `json:"extra"`

	// What the configuration says.
	goType string
	// goName is the name that the configuration gives the type.
	goName string
	way    encoding
	// shapeKey is how the generated code finds the shape.
	shapeKey string
	opaque   bool
	userText bool
}

// shape is what the facts say of a JSON value inside a parameter.
type shape struct {
	Type       string  `json:"type"`
	Keys       members `json:"keys"`
	Items      *shape  `json:"items"`
	Additional *shape  `json:"additional"`
	Enum       []any   `json:"enum"`
	Min        *int64  `json:"min"`
	Max        *int64  `json:"max"`
	MinLength  int     `json:"minLength"`
	MaxLength  int     `json:"maxLength"`
	Format     string  `json:"format"`
	// Pattern is a regular expression for the whole text, MinItems and MaxItems bound a list.
	Pattern   string `json:"pattern"`
	MinItems  int    `json:"minItems"`
	MaxItems  int    `json:"maxItems"`
	Unit      string `json:"unit"`
	Note      string `json:"note"`
	Sensitive bool   `json:"sensitive"`
	// Required says that the object that the value is a member of must have it, and SentEmpty that it
	// must have it, be it empty. Where the facts do not say so, neither is said.
	Required  bool `json:"required"`
	SentEmpty bool `json:"sentEmpty"`
	// Open says that Enum lists the values that are known, and that there may be others.
	Open bool `json:"open"`
	// Also is another name under which answers have the value.
	Also string `json:"also"`
	// GoType says of a struct that its Go type is that of another struct, which has all its members:
	// operations take the same thing by different rules.
	GoType string `json:"goType"`
	// Sent says of a struct of answers that it is the pattern of a request, so that what is absent is told
	// from what is zero.
	Sent bool `json:"sent"`
	// Extra says that the reference lacks the value and other sources know it.
	Extra bool   `json:"extra"`
	Name  string `json:"-"`
	// Struct is the name of the struct that the facts give the object; it is never sent beside Keys.
	Struct string `json:"-"`
}

// members are the members of an object in the order of the facts, each with its name.
type members []*shape

// UnmarshalJSON reads the members in the order in which they are written.
func (m *members) UnmarshalJSON(text []byte) error {
	return apifacts.EachMember(text, func(name string, dec *json.Decoder) error {
		member := &shape{Name: name}
		*m = append(*m, member)
		return dec.Decode(member)
	})
}

type errorFact struct {
	Code       string   `json:"code"`
	HTTP       int      `json:"http"`
	Message    string   `json:"message"`
	Operations []string `json:"operations"`
	Common     bool     `json:"common"`
	Class      string   `json:"class"`
	Retry      string   `json:"retry"`
	Note       string   `json:"note"`
}

// parseFacts reads the fact files. Without error codes, nil, those of the operations are another package's.
func parseFacts(operations, codes []byte) (*facts, error) {
	var f facts
	dec := json.NewDecoder(bytes.NewReader(operations))
	dec.UseNumber()
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("operations.json: %w", err)
	}
	if len(f.Operations) == 0 {
		return nil, errors.New("no operations")
	}
	if codes != nil {
		if err := json.Unmarshal(codes, &f.Errors); err != nil {
			return nil, fmt.Errorf("errors.json: %w", err)
		}
		if len(f.Errors) == 0 {
			return nil, errors.New("no error codes")
		}
	}
	if err := f.resolve(); err != nil {
		return nil, fmt.Errorf("operations.json: %w", err)
	}
	return &f, nil
}
