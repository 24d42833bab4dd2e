// Package startertest holds the tests of the starter, the streams and the publisher of
// events on the real NATS and Temporal servers. The lane is the real one; a release is
// replaced by a workflow that does nothing but listen, so that no platform is needed.
package startertest
