# The slipway binary in an image with nothing else but the certificate
# authorities. One image serves every role; the command chooses: worker,
# starter, console, setup, …. A role tells its health on SLIPWAY_HTTP_ADDR, loopback by
# default; `/slipway healthz` asks it, as docker-compose.yml does.

FROM golang:1.26.8 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
# The history of git is not here, so the version is told: `make image` does.
ARG VERSION=dev
ARG REVISION=
# Static, without paths of the build machine.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -buildvcs=false \
    -ldflags="-s -w -X slipway/internal/buildinfo.version=${VERSION} -X slipway/internal/buildinfo.revision=${REVISION}" \
    -o /out/slipway ./cmd/slipway

FROM scratch
ARG VERSION=dev
ARG REVISION=
LABEL org.opencontainers.image.title="slipway" \
      org.opencontainers.image.description="Releases applications on serverless platforms, durably" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/slipway /slipway
# Nobody in particular, in no group: nothing in here is written to.
USER 65532:65532
ENTRYPOINT ["/slipway"]
