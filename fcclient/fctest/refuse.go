package fctest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/fcclient"
)

// refuse asks for what no state allows: with keys that nobody knows, of a service that is not there,
// and with a limit that is too high.
func (s *suite) refuse(t *testing.T) {
	t.Helper()
	for _, op := range fcclient.Operations() {
		params := minimal(op)
		_, err := s.stranger.Call(t.Context(), op.Name, params)
		s.requireRefusal(t, op.Name, "InvalidAccessKeyID", err)
		if _, ofService := params["serviceName"]; ofService && op.Name != "CreateService" {
			_, err = s.client.Call(t.Context(), op.Name, params)
			s.requireRefusal(t, op.Name, fcclient.CodeServiceNotFound, err)
		}
		if limit, ok := op.Param("limit"); ok {
			params["limit"] = "1001"
			params["serviceName"] = s.world.service
			params["functionName"] = function
			params["layerName"] = s.world.layer
			_, err = s.client.Unchecked().Call(t.Context(), op.Name, of(op, params))
			require.NotNil(t, limit.Max)
			s.requireRefusal(t, op.Name, "InvalidArgument", err)
		}
	}
}

// minimal makes the parameters that an operation needs, of things that are not there.
func minimal(op cloudapi.Operation) map[string]string {
	params := map[string]string{}
	for _, p := range op.Params {
		if !p.Required {
			continue
		}
		switch p.Kind {
		case cloudapi.KindInteger:
			params[p.Name] = "1"
		case cloudapi.KindString, cloudapi.KindFile:
			params[p.Name] = "fctest-nothing"
		case cloudapi.KindNumber, cloudapi.KindBoolean, cloudapi.KindJSON, cloudapi.KindValue:
			params[p.Name] = `{}`
		}
		switch p.Name {
		case "versionId":
			params[p.Name] = "1"
		case "tagKeys":
			params[p.Name] = `["fctest"]`
		case "tags":
			params[p.Name] = `{"fctest":""}`
		case "code":
			params[p.Name] = `{"zipFile":"AA=="}`
		case "triggerType":
			params[p.Name] = "timer"
		}
	}
	return params
}

// of keeps the parameters that an operation has.
func of(op cloudapi.Operation, params map[string]string) map[string]string {
	own := map[string]string{}
	for name, value := range params {
		if _, ok := op.Param(name); ok {
			own[name] = value
		}
	}
	return own
}
