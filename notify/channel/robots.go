package channel

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// signature is how DingTalk and Feishu sign: HMAC-SHA256 of a text, in Base64.
func signature(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// verdict is what a robot has said of a request, which it answers with 200 whether it has taken the message or not.
type verdict struct {
	code int64
	text string
}

// rules are what the codes of a robot mean.
type rules struct {
	// limited reports whether there were too many messages, and wait is for how long none is taken then.
	limited func(verdict) bool
	wait    time.Duration
	// refused has a remedy for each code after which no attempt will end otherwise.
	refused map[int64]string
}

// byCode judges the answer of a robot by the code in it. One that is not known is worth another attempt: it is lost if it
// is not made, and is told twice at worst if it is.
func (a answer) byCode(v verdict, known bool, r rules) error {
	name := a.keys.channel.Name
	if !known {
		if err := a.byStatus(); err != nil {
			return err
		}
		return fmt.Errorf("channel %s: it answers %d without the code that says whether it has taken the message; see whether urlFile holds its address",
			name, a.status)
	}
	if v.code == 0 {
		return a.byStatus()
	}
	reason := fmt.Sprintf("it answers %d with code %d: %s", a.status, v.code, a.keys.clean(v.text))
	if r.limited(v) {
		after, told := a.retryAfter()
		if !told {
			after = r.wait
		}
		return later(name, reason, after)
	}
	if remedy, ok := r.refused[v.code]; ok {
		return &RefusedError{Channel: name, Reason: reason, Remedy: remedy}
	}
	return fmt.Errorf("channel %s: %s", name, reason)
}

// errcode reads the code of answers of DingTalk and WeCom.
func (a answer) errcode() (verdict, bool) {
	var body struct {
		Code *int64 `json:"errcode"`
		Text string `json:"errmsg"`
	}
	if json.Unmarshal(a.body, &body) != nil || body.Code == nil {
		return verdict{}, false
	}
	return verdict{code: *body.Code, text: body.Text}, true
}

// says reports whether a verdict has a phrase in it.
func (v verdict) says(phrase string) bool { return strings.Contains(strings.ToLower(v.text), phrase) }

const (
	remedyAddress = "write the address that the robot has now into urlFile"
	remedyGone    = "add a robot to a group that there is, and write its address into urlFile"
	remedySecret  = "write the secret that the robot has into secretFile, see whether the clock of this machine is right, " +
		"and let the robot be secured by its signature alone, without keywords"
	remedyNetwork = "add the address of this machine to those from which the robot takes messages"
	remedyDefect  = "the form of the message is not what the robot takes: report it"
	remedyContent = "the service does not pass on what the message says"
)
