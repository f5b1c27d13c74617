/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/secureboot-certs/download.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "tools/support/file.h"
#include "tools/support/report.h"

#define USER_AGENT "secureboot-certs/" UEFISTORED_VERSION
#define CONNECT_SECONDS 30L
/* A transfer that is slower than this for so long has broken down. */
#define STALL_BYTES_PER_SECOND 50L
#define STALL_SECONDS 30L
#define REDIRECTIONS_MAX 5L
#define STATUS_OK 200

struct transfer {
	CURL *curl;
	struct buffer content;
	bool too_large;
	bool shown; /* there is a line of progress */
	char error[CURL_ERROR_SIZE];
};

static size_t take_bytes(char *bytes, size_t one, size_t count, void *context)
{
	struct transfer *transfer = context;

	(void)one;
	transfer->too_large = count > FILE_READ_MAX - transfer->content.size;
	if (transfer->too_large)
		return 0;
	buffer_append(&transfer->content, bytes, count);
	return count;
}

static int show_progress(void *context, curl_off_t total, curl_off_t now, curl_off_t upload_total, curl_off_t upload)
{
	struct transfer *transfer = context;

	(void)upload_total;
	(void)upload;
	if (now <= 0)
		return 0;
	if (total > 0)
		fprintf(stderr, "\r%3d %% of %lld bytes", (int)(now * 100 / total), (long long)total);
	else
		fprintf(stderr, "\r%lld bytes", (long long)now);
	transfer->shown = true;
	return 0;
}

/* Only HTTP and HTTPS, and what began as HTTPS stays so. */
static void allow_protocols(CURL *curl, const char *url)
{
	const bool secure = strncasecmp(url, "https:", strlen("https:")) == 0;

#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
#else
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, secure ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

static void set_options(struct transfer *transfer, const char *url, const char *user_agent)
{
	CURL *curl = transfer->curl;

	allow_protocols(curl, url);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, user_agent ? user_agent : USER_AGENT);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, REDIRECTIONS_MAX);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, STALL_BYTES_PER_SECOND);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->error);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
	if (isatty(STDERR_FILENO)) {
		curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
		curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, show_progress);
		curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
	}
}

static bool perform(struct transfer *transfer, const char *url)
{
	CURLcode code = curl_easy_perform(transfer->curl);
	long status = 0;

	if (transfer->shown)
		fputc('\n', stderr);
	curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
	if (transfer->too_large)
		report("%s: is larger than %zu bytes", url, FILE_READ_MAX);
	else if (code != CURLE_OK)
		report("%s: cannot be downloaded: %s (files on this host may be given instead)", url,
		       transfer->error[0] ? transfer->error : curl_easy_strerror(code));
	else if (status != STATUS_OK)
		report("%s: cannot be downloaded: HTTP status %ld (another --user-agent may help; a file may be given)",
		       url, status);
	else if (transfer->content.size == 0)
		report("%s: is empty", url);
	else
		return true;
	return false;
}

bool download(const char *url, const char *user_agent, struct buffer *out)
{
	struct transfer transfer = { .curl = curl_easy_init() };
	bool ok = false;

	if (transfer.curl) {
		printf("Downloading %s\n", url);
		fflush(stdout);
		set_options(&transfer, url, user_agent);
		ok = perform(&transfer, url);
	} else {
		report("%s: cannot be downloaded: libcurl does not start", url);
	}
	if (ok)
		buffer_append(out, transfer.content.data, transfer.content.size);
	curl_easy_cleanup(transfer.curl);
	buffer_free(&transfer.content);
	return ok;
}
