// Package observabilitytest holds the alert rules, the dashboard and the scrape settings of deploy/ to what they promise:
// Prometheus' own parser reads them, what they ask for is what the roles serve, and each alert fires for its fault
// and for nothing else.
package observabilitytest
