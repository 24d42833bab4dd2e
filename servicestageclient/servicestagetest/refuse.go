package servicestagetest

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/servicestageclient/catalog"
)

// refuse asks for what no state allows: with keys that nobody knows, and of what is not there.
func (s *suite) refuse(t *testing.T) {
	t.Helper()
	stranger, client := catalog.New(s.stranger), catalog.New(s.client)
	for _, op := range catalog.Operations() {
		params := minimal(op)
		if signed(op) {
			_, err := stranger.Call(t.Context(), op.Name, params)
			require.ErrorIs(t, err, cloudapi.ErrAuth, "%s", op.Name)
			require.Equal(t, http.StatusUnauthorized, statusOf(err), "%s: %v", op.Name, err)
			s.requireRefusal(t, op.Name, err, unauthorized()...)
		}
		if !signed(op) && s.Strict { // an engine without security authentication need not look at tokens
			s.refuseToken(t, client, op)
		}
		if !op.Mutates && strings.Contains(op.Path, "/cas/") && strings.Contains(strings.ReplaceAll(op.Path, "{project_id}", ""), "{") {
			_, err := client.Call(t.Context(), op.Name, params)
			require.ErrorIs(t, err, cloudapi.ErrNotFound, "%s of what is not there", op.Name)
			s.requireRefusal(t, op.Name, err, absent()...)
		}
	}
}

// refuseToken asks an engine with a token that no engine gave, or for one with a password that is none.
func (s *suite) refuseToken(t *testing.T, client *catalog.Client, op cloudapi.Operation) {
	t.Helper()
	params := minimal(op)
	if _, own := op.Param("Authorization"); own {
		params["Authorization"] = "Bearer servicestagetest-nothing"
	}
	_, err := client.Call(t.Context(), op.Name, params)
	require.ErrorIs(t, err, cloudapi.ErrAuth, "%s", op.Name)
	s.requireRefusal(t, op.Name, err, "401201", "401202", "401204", "SVCSTG.00300401")
}

// signed reports whether a call of an operation says who calls: the registry takes tokens of its own.
func signed(op cloudapi.Operation) bool {
	_, own := op.Param("Authorization")
	return !own && op.Name != "CreateEngineToken"
}

// unauthorized are the codes of calls of nobody. The reference has none; those of the gateway are not listed.
func unauthorized() []string { return []string{"APIGW.0301", "APIGW.0302", "APIGW.0303", "APIGW.0305"} }

// absent are the codes of what is not there.
func absent() []string {
	return []string{
		"SVCSTG.00100401", "SVCSTG.00100403", "SVCSTG.00100404", "SVCSTG.00100408", "SVCSTG.00100411", "SVCSTG.00100412", "SVCSTG.00100429",
		"SVCSTG.00100433", "SVCSTG.00100436",
	}
}

// statusOf is the HTTP status of an error.
func statusOf(err error) int {
	if e, ok := errors.AsType[*cloudapi.Error](err); ok {
		return e.HTTPStatus
	}
	return 0
}

// minimal makes the parameters that an operation needs, of things that are not there.
func minimal(op cloudapi.Operation) map[string]string {
	params := map[string]string{}
	for _, p := range op.Params {
		if !p.Required {
			continue
		}
		switch p.Kind {
		case cloudapi.KindInteger, cloudapi.KindNumber:
			params[p.Name] = "1"
		case cloudapi.KindBoolean:
			params[p.Name] = "false"
		case cloudapi.KindJSON, cloudapi.KindValue:
			params[p.Name] = example(p)
		case cloudapi.KindString, cloudapi.KindFile:
			params[p.Name] = "servicestagetest-nothing"
			if len(p.Enum) > 0 {
				params[p.Name] = p.Enum[0]
			}
			if p.Name == "version" {
				params[p.Name] = "1.0.0"
			}
		}
	}
	return params
}

// example is the smallest JSON of the type of a parameter.
func example(p cloudapi.Param) string {
	if p.Shape != nil && p.Shape.Type == cloudapi.ShapeArray {
		return "[]"
	}
	return "{}"
}

func textOf(n int) string { return strconv.Itoa(n) }
