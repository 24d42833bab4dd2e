package saesim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"slipway/saeclient"
)

// The tests of the files clients_*_test.go make the sequences of calls that real clients
// of SAE make, in their form: which parameters come together, in which order, what is
// waited for, and what has to be read back. They were read off the clients' public
// sources; each file names its client.

// applied waits for the end of an order as the Terraform provider does: by the order's
// status and then by the application's.
func (h *harness) applied(t tester, orderID string) {
	t.Helper()
	status := -1
	for range 1000 {
		status = h.order(t, orderID).Status
		if status == statusSuccess {
			last := h.must(t, "DescribeApplicationStatus")
			require.Equal(t, []any{"SUCCESS", orderID, false}, []any{last["LastChangeOrderStatus"], last["LastChangeOrderId"], last["LastChangeOrderRunning"]})
			return
		}
		require.Contains(t, []int{statusReady, statusRunning, statusWaitAuto}, status, "%s", orderID)
		h.step(t, 3*time.Second)
	}
	require.Fail(t, "an order does not end", "%s: %d", orderID, status)
}

// stable reads twice, with an hour between, and returns what was read: nothing changes
// by itself, so that a plan after it would be empty.
func (h *harness) stable(t tester, op string, parameters ...string) map[string]any {
	t.Helper()
	first := h.must(t, op, parameters...)
	h.step(t, time.Hour)
	require.Equal(t, first, h.must(t, op, parameters...), op)
	return first
}

// requireRead holds one setting of a configuration against what was sent for it: texts
// are as they were sent, numbers and conditions are values, lists have other keys.
func requireRead(t tester, config map[string]any, name, sent string) {
	t.Helper()
	switch value := config[answeredName(name)].(type) {
	case string:
		require.Equal(t, sent, value, name)
	case float64, bool:
		require.Equal(t, sent, fmt.Sprint(value), name)
	case []any:
		text, err := json.Marshal(lowerKeys(value))
		require.NoError(t, err)
		require.JSONEq(t, sent, string(text), name)
	default:
		require.Fail(t, "not read back", "%s: %v", name, value)
	}
}

// answeredName is the name that a parameter has in DescribeApplicationConfig.
func answeredName(parameter string) string {
	if name, renamed := strings.CutSuffix(parameter, "DiscoverySvc"); renamed {
		return name + "Discovery"
	}
	return parameter
}

// lowerKeys is a list of an answer as it is sent: keys begin in lower case, identifiers
// are texts, and names that were added are gone.
func lowerKeys(list []any) []any {
	var sent []any
	for _, entry := range list {
		object := map[string]any{}
		for key, value := range entry.(map[string]any) {
			if number, isNumber := value.(float64); isNumber && strings.HasSuffix(key, "Id") {
				value = fmt.Sprint(number)
			}
			letters := []rune(key)
			letters[0] = unicode.ToLower(letters[0])
			if key != "ConfigMapName" {
				object[string(letters)] = value
			}
		}
		sent = append(sent, object)
	}
	return sent
}

// writeBack deploys what DescribeApplicationConfig answers, as a client that reads,
// merges and writes would: it is never refused, and changes nothing.
func (h *harness) writeBack(t tester) {
	t.Helper()
	read := h.must(t, opConfig)
	deploy, _ := saeclient.LookupOperation(opDeploy)
	parameters := []string{"AppId", h.app}
	for _, p := range append(deploy.Params, deploy.Extra...) {
		value, there := read[answeredName(p.Name)]
		if !there || p.Name == "AppId" {
			continue
		}
		text, isText := value.(string)
		if list, isList := value.([]any); isList {
			value = lowerKeys(list)
		}
		if !isText {
			encoded, err := json.Marshal(value)
			require.NoError(t, err)
			text = string(encoded)
		}
		parameters = append(parameters, p.Name, text)
	}
	h.applied(t, h.begin(t, opDeploy, parameters...))
	require.Equal(t, read, h.must(t, opConfig), "what was read was written")
}

// requireGone reads what was deleted elsewhere: a client takes it for gone by the code.
func (h *harness) requireGone(t tester, code, op string, parameters ...string) {
	t.Helper()
	g := h.call(t, op, parameters...)
	require.GreaterOrEqual(t, g.status, http.StatusBadRequest, "%s: %v", op, g.body)
	require.Equal(t, code, g.code(), op)
}

// withBody is call in the form of clients that send all parameters in the query, and a
// JSON object as body.
func (h *harness) withBody(t tester, body, op string, parameters ...string) got {
	t.Helper()
	r := h.request(t, op, parameters...)
	r.Body = io.NopCloser(strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	sign(r)
	w := httptest.NewRecorder()
	h.sim.ServeHTTP(w, r)
	return read(t, w)
}
