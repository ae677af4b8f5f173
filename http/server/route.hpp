#pragma once

#include "http/server/exchange.hpp"
#include "http/server/static_files.hpp"
#include "messages/account.hpp"
#include "messages/return_code.hpp"
#include "runtime/base/json_codec.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Route tables: the single description from which dispatching, validation and documentation come.
///
///     const std::vector<route> groups = {
///       make_route<host_groups_query, host_groups_page>(method::post, "/manage/host/group/get",
///       may::user,
///                                                       "List host groups.", ask_the_store),
///     };
namespace aops::http {

using base::json;
using steady_time = std::chrono::steady_clock::time_point;

enum class method : uint8_t { get, post, put, patch, remove };
std::string_view to_string(method m); ///< `GET`, …, `DELETE`.

/// Who may call a route.
enum class may : uint8_t {
  anyone,        ///< No token needed.
  pending,       ///< Any session, also one that has to change its password first (1204).
  user,          ///< Any session in good standing.
  administrator, ///< Others get 1207.
};

/// What a handler knows beside the message.
struct request_context {
  caller who;           ///< Empty but for `address` where no token is needed.
  std::string id;       ///< In this request's log lines.
  steady_time deadline; ///< Past it the client gets 1001.
  /// Who is recorded when it is refused: `who`, or, put there by the route, the user for whom a
  /// service acts.
  std::shared_ptr<caller> recorded = std::make_shared<caller>();
  /// What is left until the deadline, at least 1 ms.
  std::chrono::milliseconds left() const;
};

/// The fields of a reply and its `code`; `msg` follows from the code.
struct reply {
  int code = code_ok;
  json fields = json::object();
  /// The token that the browser keeps from now on; empty: it forgets the one it has.
  std::optional<std::string> session_token{};
};

/// What the name of an endpoint promises: GET and paths that end in `get`, `get_list`, `count` or
/// `query` only read.
bool changes_by_name(method verb, std::string_view path);

/// A decoded request, ready to be carried out for a caller.
using action = std::function<expected<reply>(const request_context&)>;

/// One endpoint of the contract: HTTP 200 with `code` and `msg` for every handled outcome.
struct route {
  method verb = method::post;
  std::string path;
  may who = may::user;
  std::string summary;
  /// Checks the body (1000) before anybody is asked who he is.
  std::function<expected<action>(const json&)> prepare{};
  std::function<json(json&components)> request_schema{}, reply_schema{};
  bool may_lack_body = false; ///< An absent body means `{}`.
  bool is_for_pages = false;  ///< Changes the session cookie: our own pages only.
  /// Not for tokens that may only read (1207), and recorded when it is refused. By
  /// `changes_by_name` unless the table says otherwise.
  bool changes = true;
  bool is_repeatable = false; ///< Carried out once for each `Idempotency-Key`.
  /// Who carries it out keeps no record of it: the dispatcher tells.
  bool is_recorded_here = false;
  std::chrono::milliseconds deadline{0}; ///< 0: `http.request_timeout`.
  /// Of an interface that was there before: the HTTP status is the code, or what is usual for one
  /// that is none, and the body is the fields, with `code` and `msg` where the route puts them.
  bool status_is_code = false;
  bool takes_query = false; ///< The request is the query, each parameter a list.
};

/// What a stream's opener gets beside the message.
struct stream_request {
  request_context context;
  std::string last_event_id;
  /// Whether the session still lives; cheap enough for once a second.
  std::function<bool()> still_valid;
};

using stream_opener = std::function<expected<stream>(const stream_request&)>;

/// An endpoint (GET) that goes on answering. Errors are HTTP status codes with the envelope as
/// body.
struct stream_route {
  std::string path;
  may who = may::user;
  std::string summary;
  std::function<expected<stream_opener>(const json& query)> prepare{};
  std::function<json(json& components)> request_schema{};
};

/// What a page is made for.
struct page_context {
  const http_request& request;
  std::string_view rest; ///< What a path with `*` leaves open.
  std::string
    base_path;       ///< Before the paths of links, where a proxy serves us below one; or empty.
  std::string nonce; ///< For inline scripts and styles: `<script nonce="…">`.
  /// Who is logged in; asks each time. Sure to be somebody where the page is not for anyone.
  std::function<std::optional<caller>()> who;
};

/// A page or probe (GET) that answers in HTTP's own terms. HTML leaves with a strict
/// Content-Security-Policy.
struct page {
  std::string path; ///< `/ui/hosts/*`: everything below; the longest that fits is taken.
  std::string summary;
  std::function<http_response(const page_context&)> show;
  std::string content_type = "text/html; charset=utf-8"; ///< For the documentation.
  std::vector<int> statuses = {200};                     ///< Likewise, beside refusals.
  may who = may::anyone; ///< Others are sent to `service::login_page`, or get 401 and 403.
};

/// A parameter of a foreign endpoint, for the documentation.
struct foreign_parameter {
  std::string name, description;
  bool is_required = false;
  bool is_list = false; ///< May stand several times.
};

/// What a foreign endpoint is asked.
struct foreign_request {
  request_context context;
  const http_request& request; ///< What came in a form is among its query.
  std::string_view rest;       ///< What a path with `*` leaves open.
};

/// An endpoint in the terms of another product, so that clients of that work unchanged: parameters
/// come in the query, with POST also in a form or a body, and what is refused is told in its way.
/// Only reads, or knows by itself who may do more. Who asks may also be told by `Authorization`;
/// browsers are never asked for that.
struct foreign_route {
  std::string path; ///< May end in `/*`.
  std::string summary;
  std::vector<foreign_parameter> parameters{};
  bool takes_forms = false; ///< POST beside GET.
  std::function<expected<http_response>(const foreign_request&)> answer{};
  /// Tells an error: of `answer`, that nobody is known, or that he may not.
  std::function<http_response(const error&)> refuse{};
  std::vector<int> statuses = {200, 400, 401, 403, 404, 422, 500, 503}; ///< For the documentation.
  may who = may::user;
  /// POST alone, with a body of one of these media types, which `answer` reads as it came.
  std::vector<std::string> bodies{};
  /// Bodies may come packed (`is_known_packing`); `answer` gets them unpacked.
  bool takes_packed = false;
  /// Asked before a body is unpacked, where `who` is anyone: whether this one knows who sends it.
  std::function<expected<void>(const foreign_request&)> admit{};
};

/// Files (GET) that are served as they stand.
struct file_route {
  std::string path; ///< Ends in `/*`; what follows is the name of a file.
  std::string summary;
  std::shared_ptr<const static_files> files;
};

/// The envelope's code of a reply message: its member `code`, else 200; and what becomes of the
/// session cookie: its member `session_token`, both internal.
template <class Reply>
reply reply_of(const Reply& x) {
  reply r{code_ok, base::encode(x)};
  if constexpr (requires { static_cast<int>(x.code); })
    r.code = static_cast<int>(x.code);
  if constexpr (requires { x.session_token.value(); })
    r.session_token = x.session_token;
  r.fields.erase("code");
  return r;
}

/// @param work `expected<Reply>(const request_context&, Request)`.
template <described Request, described Reply, class Work>
route make_route(method verb, std::string path, may who, std::string summary, Work work) {
  route r{verb, std::move(path), who, std::move(summary)};
  r.prepare = [work = std::move(work)](const json& body) -> expected<action> {
    auto request = base::decode<Request>(body);
    if (!request)
      return fail(std::move(request.error()));
    return action{
      [work, message = std::move(*request)](const request_context& context) -> expected<reply> {
        expected<Reply> answer = work(context, message);
        if (!answer)
          return fail(std::move(answer.error()));
        return reply_of(*answer);
      }};
  };
  r.request_schema = [](json& components) { return base::schema_of<Request>(&components); };
  r.reply_schema = [](json& components) { return base::schema_of<Reply>(&components); };
  r.may_lack_body = base::schema_of<Request>()["properties"].empty();
  r.changes = changes_by_name(r.verb, r.path);
  return r;
}

/// A row about something that nobody but the dispatcher records.
inline route recorded_here(route r) {
  r.is_recorded_here = true;
  return r;
}

/// A row that changes nothing, whatever its name says.
inline route only_reading(route r) {
  r.changes = false;
  return r;
}

/// @param open `expected<stream>(const stream_request&, Request)`; ec::not_found and ec::overloaded
/// become 404 and 429.
template <described Request, class Open>
stream_route make_stream_route(std::string path, may who, std::string summary, Open open) {
  stream_route r{std::move(path), who, std::move(summary)};
  r.prepare = [open = std::move(open)](const json& query) -> expected<stream_opener> {
    auto request = base::decode<Request>(query);
    if (!request)
      return fail(std::move(request.error()));
    return stream_opener{[open, message = std::move(*request)](const stream_request& asked) {
      return open(asked, message);
    }};
  };
  r.request_schema = [](json& components) { return base::schema_of<Request>(&components); };
  return r;
}

} // namespace aops::http
