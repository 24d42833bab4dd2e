package hooks

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"slipway/internal/ratelimit"
	"slipway/release"
	"slipway/wire"
)

const (
	// MaxBody is the size of the largest body that is taken, in bytes.
	MaxBody = 256 << 10
	// maxRequests is how many requests of one sender are handled at once.
	maxRequests = 32
	// publishTime bounds how long JetStream is waited for.
	publishTime = 5 * time.Second
	// retryAfter is when to post again what could not be stored.
	retryAfter = 5 * time.Second
)

// sender is one whose webhooks are taken.
type sender struct {
	name    string
	paths   [][sha256.Size]byte
	tokens  [][sha256.Size]byte
	keys    []string
	limiter *rate.Limiter
	// slots are as many as requests are handled at once. They are its own: who holds them up keeps out no other sender.
	slots chan struct{}
}

// refusal is why a request is not taken.
type refusal struct {
	status int
	// result is what it counts as, reason what the sender is told.
	result, reason string
	// problems are those of the payload.
	problems release.Problems
	// again is when to post it again; zero says nothing.
	again time.Duration
}

// Taken is the answer to a webhook whose pushes were stored.
type Taken struct {
	// Pushes are those of the webhook.
	Pushes []TakenPush `json:"pushes"`
}

// TakenPush is a push that JetStream has.
type TakenPush struct {
	Image  string `json:"image"`
	Tag    string `json:"tag,omitempty"`
	Digest string `json:"digest,omitempty"`
	// Source and ID are the identity of its event.
	Source string `json:"source"`
	ID     string `json:"id"`
	// Stored is false where JetStream had the event already.
	Stored bool `json:"stored"`
}

// notTaken is the answer to a webhook that tells of no push, or was refused.
type notTaken struct {
	Ignored  string           `json:"ignored,omitempty"`
	Error    string           `json:"error,omitempty"`
	Problems release.Problems `json:"problems,omitempty"`
}

// handler takes webhooks.
type handler struct {
	cfg     Config
	senders map[string]*sender
	metrics *metrics
}

func newHandler(cfg Config, m *metrics) *handler {
	h := &handler{cfg: cfg, senders: map[string]*sender{}, metrics: m}
	for name, secrets := range cfg.Senders {
		h.senders[name] = &sender{
			name: name, paths: digests(cfg.pathSecrets(name)), tokens: digests(secrets), keys: secrets,
			limiter: rate.NewLimiter(cfg.Rate, cfg.Burst), slots: make(chan struct{}, maxRequests),
		}
	}
	return h
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	s := h.find(r.URL.Path)
	if s == nil {
		h.metrics.requests.WithLabelValues(senderUnknown, resultNotFound).Inc()
		answer(w, http.StatusNotFound, notTaken{Error: "not found"})
		return
	}
	log := h.cfg.Logger.With().Str("sender", s.name).Str("from", r.RemoteAddr).Logger()
	taken, no := h.take(w, r, s)
	if no != nil {
		h.refuse(w, s, *no, log)
		return
	}
	h.metrics.requests.WithLabelValues(s.name, resultAccepted).Inc()
	for _, p := range taken.Pushes {
		log.Info().Str("image", p.Image).Str("tag", p.Tag).Str("digest", p.Digest).Str("source", p.Source).Str("event", p.ID).Bool("stored", p.Stored).Msg("push taken")
	}
	answer(w, http.StatusAccepted, taken)
}

// find returns the sender of a path; nil where its secret is wrong, and where there is none of that name. The secret is
// looked at in any case, so that little is told by how long it takes.
func (h *handler) find(path string) *sender {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	var secret, name string
	if len(parts) == 3 && parts[0] == "hooks" {
		secret, name = parts[1], parts[2]
	}
	var paths [][sha256.Size]byte
	s := h.senders[name]
	if s != nil {
		paths = s.paths
	}
	if !isOneOf(paths, secret) {
		return nil
	}
	return s
}

// take reads a request and has its pushes stored.
func (h *handler) take(w http.ResponseWriter, r *http.Request, s *sender) (Taken, *refusal) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return Taken{}, &refusal{status: http.StatusMethodNotAllowed, result: resultMethod, reason: "send POST"}
	}
	if no := s.proven(r); no != nil {
		return Taken{}, no
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return Taken{}, &refusal{status: http.StatusServiceUnavailable, result: resultBusy, reason: "too many webhooks of this sender at once", again: retryAfter}
	}
	body, no := readBody(w, r)
	if no != nil {
		return Taken{}, no
	}
	if no := s.signed(r, body, h.cfg.Now()); no != nil {
		return Taken{}, no
	}
	// Only now is it known to be the sender's, as far as that can be: what is forged counts for nothing.
	if no := s.admit(h.cfg.Now()); no != nil {
		return Taken{}, no
	}
	pushes, err := Payload{Sender: s.name, Registry: r.URL.Query().Get("registry"), Header: r.Header, Body: body}.Parse()
	if err != nil {
		return Taken{}, unreadable(err)
	}
	return h.publish(r.Context(), pushes)
}

// admit lets a sender send as much as it may.
func (s *sender) admit(now time.Time) *refusal {
	wait := ratelimit.Take(s.limiter, now)
	if wait == 0 {
		return nil
	}
	return &refusal{status: http.StatusTooManyRequests, result: resultLimited, reason: "too many webhooks of this sender", again: wait}
}

// readBody reads the whole request within its bound.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &refusal{status: http.StatusRequestEntityTooLarge, result: resultTooLarge, reason: fmt.Sprintf("the body is larger than %d bytes", tooLarge.Limit)}
	}
	if err != nil {
		return nil, &refusal{status: http.StatusBadRequest, result: resultInvalid, reason: "the request ended early"}
	}
	return body, nil
}

// unreadable is what is said of a payload that tells of no push.
func unreadable(err error) *refusal {
	if none, ok := errors.AsType[*IgnoredError](err); ok {
		return &refusal{status: http.StatusOK, result: resultIgnored, reason: none.Reason}
	}
	no := &refusal{status: http.StatusUnprocessableEntity, result: resultInvalid, reason: "the payload cannot be taken"}
	if problem, ok := errors.AsType[release.Problem](err); ok {
		no.problems = release.Problems{problem}
	} else if problems, ok := errors.AsType[release.Problems](err); ok {
		no.problems = problems
	}
	return no
}

// publish has the pushes stored, in their order. What is posted again after some of them were, is known by its ID.
func (h *handler) publish(ctx context.Context, pushes []wire.Published) (Taken, *refusal) {
	ctx, cancel := context.WithTimeout(ctx, publishTime)
	defer cancel()
	taken := Taken{Pushes: make([]TakenPush, 0, len(pushes))}
	for _, p := range pushes {
		if p.At.IsZero() { // as near as it is known: a sender posts once the image is there
			p.At = h.cfg.Now().UTC()
		}
		msg, err := wire.EncodePublished(wire.Origin{Identity: h.cfg.Identity}, p)
		if err != nil {
			return Taken{}, unreadable(problemsOf(err))
		}
		stored, err := h.cfg.Publish(ctx, msg)
		if err != nil {
			h.cfg.Logger.Warn().Err(err).Msg("JetStream does not take a push")
			return Taken{}, &refusal{status: http.StatusServiceUnavailable, result: resultUnavailable, reason: "the push cannot be stored at the moment", again: retryAfter}
		}
		h.metrics.pushes.WithLabelValues(p.Sender).Inc()
		taken.Pushes = append(taken.Pushes, TakenPush{Image: p.Image, Tag: p.Tag, Digest: p.Digest, Source: p.Source, ID: p.EventID, Stored: stored})
	}
	return taken, nil
}

// refuse tells the sender and the log why. Neither has a secret, and so not the path.
func (h *handler) refuse(w http.ResponseWriter, s *sender, no refusal, log zerolog.Logger) {
	h.metrics.requests.WithLabelValues(s.name, no.result).Inc()
	if no.again > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(no.again.Seconds()))))
	}
	if no.status == http.StatusUnauthorized && s.name != wire.SenderGeneric {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if no.result == resultIgnored {
		log.Info().Str("reason", no.reason).Msg("webhook ignored")
		answer(w, no.status, notTaken{Ignored: no.reason})
		return
	}
	log.Warn().Int("status", no.status).Str("result", no.result).Str("reason", no.reason).Str("problems", no.problems.OneLine()).Msg("webhook refused")
	answer(w, no.status, notTaken{Error: no.reason, Problems: no.problems})
}

func answer(w http.ResponseWriter, status int, says any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(says); err != nil {
		return // the sender has gone
	}
}
