package release

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// PrometheusGate asks a Prometheus server for a number, or for one number a series.
//
// At least one of Pass and Fail is set. With both, a number for which neither holds is
// inconclusive, and Fail counts where both hold. With Pass alone every other number
// fails, with Fail alone every other number passes. Of several series the worst counts.
type PrometheusGate struct {
	// Address is the base address of the server, without /api/v1. Its host must be one
	// that the operator of the workers allows.
	Address string `json:"address"`
	// Query is a PromQL expression whose result is a scalar or an instant vector.
	Query string `json:"query"`
	// Pass is the condition of a good number, such as "< 0.01". See [ParseCondition].
	Pass string `json:"pass,omitempty"`
	// Fail is the condition of a bad number, such as ">= 0.05".
	Fail string `json:"fail,omitempty"`
}

func (v *validator) prometheusGate(at string, p PrometheusGate) {
	v.gateURL(at+".address", p.Address)
	v.check(!strings.Contains(p.Address, "?"), at+".address", "must have no query; give the base address, and the expression in query")
	v.check(strings.TrimSpace(p.Query) != "", at+".query", "is missing")
	v.check(p.Pass != "" || p.Fail != "", at, "give pass, fail or both")
	v.condition(at+".pass", p.Pass)
	v.condition(at+".fail", p.Fail)
}

func (v *validator) condition(field, text string) {
	if text == "" {
		return
	}
	_, err := ParseCondition(text)
	v.check(err == nil, field, "%v", err)
}

// Condition compares a number with a bound.
type Condition struct {
	op    string
	bound float64
}

// ParseCondition reads a condition such as "< 0.01", ">= 5" or "== 0": one of
// < <= > >= == != and a finite decimal number. Blanks do not matter.
func ParseCondition(text string) (Condition, error) {
	trimmed := strings.TrimSpace(text)
	for _, op := range []string{"<=", ">=", "==", "!=", "<", ">"} {
		rest, ok := strings.CutPrefix(trimmed, op)
		if !ok {
			continue
		}
		rest = strings.TrimSpace(rest)
		bound, err := strconv.ParseFloat(rest, 64)
		if err != nil || strings.Trim(rest, "0123456789.eE+-") != "" {
			break
		}
		return Condition{op: op, bound: bound}, nil
	}
	return Condition{}, fmt.Errorf("%q is not a condition such as \"< 0.01\" or \">= 5\"", text)
}

// String returns the condition as it is usually written.
func (c Condition) String() string {
	return c.op + " " + strconv.FormatFloat(c.bound, 'g', -1, 64)
}

// Holds reports whether the condition is true of a number; nothing is true of NaN.
func (c Condition) Holds(x float64) bool {
	switch c.op {
	case "<":
		return x < c.bound
	case "<=":
		return x <= c.bound
	case ">":
		return x > c.bound
	case ">=":
		return x >= c.bound
	case "==":
		return x == c.bound
	case "!=":
		return x != c.bound && !math.IsNaN(x)
	default:
		return false
	}
}

// Verdict judges a number. NaN is no number: it is for the caller to treat as no data.
// Without a condition, or with one that cannot be read, nothing is decided.
func (p PrometheusGate) Verdict(x float64) Verdict {
	pass, passErr := holds(p.Pass, x)
	fail, failErr := holds(p.Fail, x)
	switch {
	case passErr != nil || failErr != nil || p.Pass == "" && p.Fail == "":
		return VerdictInconclusive
	case fail:
		return VerdictFail
	case pass || p.Pass == "":
		return VerdictPass
	case p.Fail == "":
		return VerdictFail
	default:
		return VerdictInconclusive
	}
}

// holds reports whether a condition that is given holds.
func holds(text string, x float64) (bool, error) {
	if text == "" {
		return false, nil
	}
	c, err := ParseCondition(text)
	return err == nil && c.Holds(x), err
}
