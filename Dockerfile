# heard as one static program on an empty image. Build the image with
#   docker build --build-arg VERSION=$(git describe --tags --always) --build-arg COMMIT=$(git rev-parse HEAD) -t heard .
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev COMMIT=
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION} -X main.commit=${COMMIT}" -o /heard ./cmd/heard \
 && mkdir /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /heard /heard
# An empty folder of the user the engine runs as; a volume on it begins with its owner.
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
WORKDIR /
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["/heard"]
CMD ["serve", "--listen", "0.0.0.0:8000", "--data", "/data"]
