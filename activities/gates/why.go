package gates

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
)

// why says why there was no answer. Texts of errors are never repeated: they hold the
// address, whose query may be a secret, and parts of what was answered.
func why(err error) string {
	var slow net.Error
	_, large := errors.AsType[*http.MaxBytesError](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return "no answer in time"
	case large:
		return "the answer is larger than 64 KiB"
	default:
		return "no answer: " + failure(err)
	}
}

// failure says at what a request failed.
func failure(err error) string {
	lookup, unresolved := errors.AsType[*net.DNSError](err)
	handshake, insecure := errors.AsType[*handshakeError](err)
	dial, unconnected := errors.AsType[*net.OpError](err)
	switch {
	case unresolved && lookup.IsNotFound:
		return "there is no such host name"
	case unresolved:
		return "the host name could not be resolved"
	case insecure:
		return untrusted(handshake.err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "the host is not reachable"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed"
	case unconnected && dial.Op == "dial":
		return "no connection could be made"
	default:
		return "what came cannot be read as an answer, or its header is larger than 64 KiB"
	}
}

// untrusted says why there is no TLS with a server.
func untrusted(err error) string {
	expired, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, other := errors.AsType[x509.HostnameError](err)
	_, unverified := errors.AsType[*tls.CertificateVerificationError](err)
	_, plaintext := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case invalid && expired.Reason == x509.Expired:
		return "the certificate has expired or is not valid yet"
	case unknown:
		return "the certificate is of an unknown authority"
	case other:
		return "the certificate is not for this host"
	case unverified:
		return "the certificate is not valid"
	case plaintext:
		return "the server does not speak TLS"
	default:
		return "the TLS handshake failed"
	}
}

// brokeOff says why an answer has no end.
func brokeOff(err error) string {
	if reason := why(err); reason == "no answer in time" {
		return "the answer broke off: it did not end in time"
	}
	return "the answer broke off"
}
