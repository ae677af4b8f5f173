#pragma once

#include "messages/describe.hpp"
#include "messages/paging.hpp"
#include "messages/values.hpp"

#include <string>
#include <vector>

/// Packages: archives of roles, files and software that templates bring to hosts. See
/// docs/tasks.md.
namespace aops {

/// How long a piece of an upload may be, in characters of base64: 768 KiB of bytes.
inline constexpr size_t most_piece_text = size_t{1} << 20;

/// POST /manage/package/upload
struct package_piece {
  std::string package_name;
  maybe<std::string> version{}, description{};
  std::string sha256;
  int64_t total_bytes = 0, offset = 0;
  std::string content;
};
#define AOPS_FIELDS_package_piece(F)                                                               \
  F(package_name, required().text(1, 64), "Unique per user, with `version`.")                      \
  F(version, optional_field().text(1, 64), "Absent: the package has none.")                        \
  F(description, optional_field().text(0, 256).blank_ok(), "Free text.")                           \
  F(sha256, required().text(64, 64), "Of the whole archive, in hex.")                              \
  F(total_bytes,                                                                                   \
    required().range(1, int64_t{1} << 40),                                                         \
    "Of the whole archive; at most `tasks.package_bytes`.")                                        \
  F(offset,                                                                                        \
    required().range(0, int64_t{1} << 40),                                                         \
    "Where this piece begins. One that came already is answered as before.")                       \
  F(content, required().text(1, most_piece_text), "Base64.")
AOPS_MESSAGE(package_piece)

struct package_uploaded {
  int64_t received_bytes = 0;
  bool is_complete = false;
};
#define AOPS_FIELDS_package_uploaded(F)                                                            \
  F(received_bytes, required(), "Where the next piece begins, whoever sent what.")                 \
  F(is_complete, required(), "Whether the archive was checked and is there.")
AOPS_MESSAGE(package_uploaded)

/// POST /manage/package/get
struct packages_query {
  std::vector<std::string> package_list;
  maybe<std::string> search{};
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_packages_query(F)                                                              \
  F(package_list, required().items(0, 10000).text(1, 64), "Names; empty: all.")                    \
  F(search, optional_field().text(0, 64).blank_ok(), "A part of the name.")                        \
  AOPS_PAGING_FIELDS(F, "|package_name|bytes|created", 50)
AOPS_MESSAGE(packages_query)

struct package_info {
  std::string package_name, version, description;
  std::string sha256, format;
  int64_t bytes = 0, unpacked_bytes = 0, files = 0;
  bool is_template = false;
  std::string username;
  moment created;
  std::vector<std::string> template_list;
};
#define AOPS_FIELDS_package_info(F)                                                                \
  F(package_name, required(), "Name.")                                                             \
  F(version, required(), "Empty: it has none.")                                                    \
  F(description, required(), "Free text.")                                                         \
  F(sha256, required(), "Of the archive, in hex.")                                                 \
  F(format, required().one_of("tar.gz|zip"), "Of the archive.")                                    \
  F(bytes, required(), "Of the archive.")                                                          \
  F(unpacked_bytes, required(), "Of its files.")                                                   \
  F(files, required(), "How many it has.")                                                         \
  F(is_template, required(), "Whether it has a manifest, `aops.yml`, and can be imported.")        \
  F(username, required(), "Who uploaded it.")                                                      \
  F(created, required(), "When.")                                                                  \
  F(template_list, required(), "Templates that use it now.")
AOPS_MESSAGE(package_info)

struct packages_page {
  AOPS_TOTAL_MEMBERS
  std::vector<package_info> package_infos;
};
#define AOPS_FIELDS_packages_page(F) AOPS_TOTAL_FIELDS(F) F(package_infos, required(), "Packages.")
AOPS_MESSAGE(packages_page)

/// A package by name; without a version all of that name are meant.
struct package_key {
  std::string package_name;
  maybe<std::string> version{};
};
#define AOPS_FIELDS_package_key(F)                                                                 \
  F(package_name, required().text(1, 64), "Name.")                                                 \
  F(version, optional_field().text(0, 64), "Absent: all versions.")
AOPS_MESSAGE(package_key)

/// DELETE /manage/package/delete
struct packages_to_delete {
  std::vector<package_key> package_list;
};
#define AOPS_FIELDS_packages_to_delete(F)                                                          \
  F(package_list, required().items(1, 1000), "Unknown ones are ignored.")
AOPS_MESSAGE(packages_to_delete)

} // namespace aops
