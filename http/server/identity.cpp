#include "http/server/identity.hpp"

#include <algorithm>

namespace aops::http {

namespace {

/// `https://host:port` without the scheme, which a proxy in front may have changed.
std::string_view authority_of(std::string_view origin) {
  auto end = origin.find("://");
  return end == origin.npos ? std::string_view{} : origin.substr(end + 3);
}

/// Whether it can be a token, such as one that has ended: no password is tried then, for a program
/// that goes on asking would lock its user and its address out.
bool is_like_token(std::string_view secret) {
  return secret.size() == 64 &&
         secret.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

} // namespace

expected<identity> session_identity::identify(const http_request& request) {
  auto token = request.header("Access-Token");
  bool is_ambient = token.empty();
  if (is_ambient)
    token = cookie_of(request, session_cookie_name(request.is_secure));
  if (token.empty()) { // Of programs that know no other header, such as Alertmanager.
    token = bearer_of(request.header("Authorization"));
    is_ambient = false;
  }
  return sessions_.authenticate(token).map([&](caller who) {
    return identity{std::move(who), is_ambient};
  });
}

expected<identity> session_identity::identify_client(const http_request& request) {
  auto proof = client_proof_of(request.header("Authorization"));
  if (!proof || !request.header("Access-Token").empty())
    return identify(request);
  auto who = proof->user.empty() ? sessions_.authenticate(proof->secret)
                                 : by_password(*proof, request.address);
  return who.map([](caller x) { return identity{std::move(x), false}; });
}

expected<caller> session_identity::by_password(const client_proof& proof,
                                               const std::string& address) {
  auto hash = passwords_.known(proof.user, proof.secret);
  if (hash) {
    auto who = sessions_.authenticate_hash(*hash);
    if (who || who.error() != ec::session_invalid)
      return who;
  } else {
    auto who = sessions_.authenticate(proof.secret); // It may be a token.
    if (who && who->user != proof.user)
      return fail(ec::session_invalid, "the token is another user's");
    if (who || who.error() != ec::session_invalid || is_like_token(proof.secret))
      return who;
  }
  auto opened = passwords_.open(proof.user, proof.secret, address, hash.value_or(""));
  if (!opened)
    return fail(std::move(opened.error()));
  return sessions_.authenticate_hash(*opened);
}

bool session_identity::is_still_valid(const caller& who) {
  auto known = sessions_.authenticate_hash(who.session);
  // A store that does not answer for a moment must not end every stream.
  if (!known)
    return known.error() != ec::session_invalid;
  // With other rights he begins anew.
  return known->role == who.role && known->owner == who.owner && known->groups == who.groups;
}

void session_identity::forget(const caller& who) { sessions_.forget_user(who.user); }

std::string_view session_cookie_name(bool is_secure) {
  return is_secure ? "__Host-aops-session" : "aops-session";
}

std::string_view cookie_of(const http_request& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (!same_name(key, "Cookie"))
      continue;
    for (std::string_view rest = value; !rest.empty();) {
      auto end = std::min(rest.find(';'), rest.size());
      auto pair = trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      auto is = pair.find('=');
      if (is != pair.npos && pair.substr(0, is) == name)
        return pair.substr(is + 1);
    }
  }
  return {};
}

std::string session_cookie(std::string_view token, bool is_secure) {
  std::string text{session_cookie_name(is_secure)};
  text.append("=").append(token).append("; Path=/; HttpOnly; SameSite=Strict");
  if (is_secure)
    text += "; Secure";
  if (token.empty())
    text += "; Max-Age=0";
  return text;
}

bool is_from_own_page(const http_request& request) {
  bool is_harmless = request.method == "GET" || request.method == "HEAD";
  if (auto site = request.header("Sec-Fetch-Site"); !site.empty())
    return site == "same-origin" ||
           (is_harmless && (site == "none" || request.header("Sec-Fetch-Mode") == "navigate"));
  if (auto origin = request.header("Origin"); !origin.empty()) {
    auto host = request.header("Host");
    return !host.empty() && same_name(authority_of(origin), host);
  }
  return is_harmless;
}

} // namespace aops::http
