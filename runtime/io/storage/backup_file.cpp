#include "runtime/io/storage/backup_file.hpp"

#include "runtime/base/digest.hpp"

#include <zstd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace aops::storage {

namespace {

constexpr std::string_view magic = "aops-backup 1\n";
constexpr std::string_view any_format = "aops-backup ";
constexpr const char* purpose = "aops backup";
constexpr int compression_level = 3;
constexpr size_t frame_bytes = 256 * 1024;
constexpr size_t most_frame_bytes = 16 << 20;
constexpr size_t most_head_bytes = 1 << 20;
constexpr size_t salt_bytes = 32;
constexpr size_t digest_bytes = 32;
constexpr size_t least_key_bytes = 32;

struct close_file {
  void operator()(std::FILE* f) const { std::fclose(f); }
};
using file_handle = std::unique_ptr<std::FILE, close_file>;

std::string reason() { return std::strerror(errno); }

tl::unexpected<error> unwritable(const std::string& file) {
  return fail(ec::store_unreachable, file + ": " + reason());
}

/// How frames are guarded: the same on both sides.
class guard {
public:
  /// @param key Empty: frames carry digests instead.
  guard(base::secret_bytes key, std::string_view head)
      : key_(std::move(key)), chain_(digest_of(head)) {}

  expected<std::string> close(bool is_last, std::string_view plain) {
    auto number = next_number();
    if (!key_.empty())
      return base::encrypt(key_.view(), number, associated(is_last), plain);
    chain_ = digest_of(associated(is_last) + std::string{plain});
    return std::string{plain} + chain_;
  }

  expected<std::string> open(bool is_last, std::string_view closed) {
    auto number = next_number();
    if (!key_.empty()) {
      auto plain = base::decrypt(key_.view(), number, associated(is_last), closed);
      if (!plain)
        return fail(ec::corrupt, "the key is another, or the backup was altered");
      return std::string{plain->view()};
    }
    if (closed.size() < digest_bytes)
      return fail(ec::corrupt, "a frame is cut off");
    auto plain = closed.substr(0, closed.size() - digest_bytes);
    chain_ = digest_of(associated(is_last) + std::string{plain});
    if (chain_ != closed.substr(plain.size()))
      return fail(ec::corrupt, "the backup was altered");
    return std::string{plain};
  }

private:
  static std::string digest_of(std::string_view bytes) {
    auto digest = base::sha256(bytes);
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
  }
  std::string associated(bool is_last) const { return chain_ + (is_last ? '\1' : '\0'); }
  std::string next_number() {
    std::string nonce(base::sealing_nonce_bytes, '\0');
    for (size_t i = 0; i < sizeof frames_; ++i)
      nonce[i] = static_cast<char>(frames_ >> (8 * i));
    ++frames_;
    return nonce;
  }

  base::secret_bytes key_;
  std::string chain_; ///< With a key: of the head alone, for each frame has its number.
  uint64_t frames_ = 0;
};

/// @param key Empty: none.
expected<base::secret_bytes> frame_key(std::string_view key, std::string_view salt_hex) {
  if (key.empty())
    return base::secret_bytes{};
  auto salt = base::from_hex(salt_hex);
  if (!salt)
    return fail(ec::corrupt, "the backup's head has no salt");
  return base::key_from(key, *salt, purpose);
}

} // namespace

expected<base::secret_bytes> backup_key(const std::string& key_file) {
  struct stat found {};
  if (::stat(key_file.c_str(), &found) != 0)
    return fail(ec::bad_request, key_file + ": " + reason());
  if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail(ec::bad_request, key_file + ": others may read it; chmod 600 it");
  std::ifstream in{key_file, std::ios::binary};
  std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  if (!in && !in.eof())
    return fail(ec::bad_request, key_file + ": cannot be read");
  while (bytes.ends_with('\n') || bytes.ends_with('\r'))
    bytes.pop_back();
  if (bytes.size() < least_key_bytes)
    return fail(ec::bad_request,
                key_file + ": a key has at least 32 bytes; make one by `openssl rand -base64 48`");
  return base::secret_bytes{std::move(bytes)};
}

// -- writer

struct backup_writer::state {
  std::string name, part;
  file_handle file;
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> packer{ZSTD_createCCtx(), ZSTD_freeCCtx};
  std::unique_ptr<guard> frames;
  std::string packed; ///< Not yet a frame.
  bool is_finished = false;

  expected<void> put(std::string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file.get()) != bytes.size())
      return unwritable(part);
    return {};
  }

  expected<void> put_frame(bool is_last) {
    auto closed = frames->close(is_last, packed);
    if (!closed)
      return fail(std::move(closed.error()));
    packed.clear();
    std::string front{is_last ? '\1' : '\0'};
    for (size_t i = 0; i < 4; ++i)
      front.push_back(static_cast<char>(closed->size() >> (8 * i)));
    if (auto put_front = put(front); !put_front)
      return put_front;
    return put(*closed);
  }

  expected<void> pack(std::string_view bytes, ZSTD_EndDirective how) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::array<char, 64 * 1024> room;
    for (;;) {
      ZSTD_outBuffer out{room.data(), room.size(), 0};
      auto left = ZSTD_compressStream2(packer.get(), &out, &in, how);
      if (ZSTD_isError(left))
        return fail(ec::internal, std::string{"zstd: "} + ZSTD_getErrorName(left));
      packed.append(room.data(), out.pos);
      if (packed.size() >= frame_bytes)
        if (auto done = put_frame(false); !done)
          return done;
      if (how == ZSTD_e_continue ? in.pos == in.size : left == 0)
        return {};
    }
  }
};

backup_writer::backup_writer(std::unique_ptr<state> s) : state_(std::move(s)) {}

backup_writer::~backup_writer() {
  if (!state_->is_finished)
    ::unlink(state_->part.c_str());
}

expected<std::unique_ptr<backup_writer>>
backup_writer::create(const std::string& file, base::json head, const base::secret_bytes& key) {
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored))
    return fail(ec::conflict, file + ": exists; a backup never overwrites");
  auto salt = base::random_hex(salt_bytes);
  head["cipher"] = key.empty() ? "none" : "aes-256-gcm";
  head["salt"] = salt;
  auto text = std::string{magic} + head.dump() + "\n";
  auto own = frame_key(key.view(), salt);
  if (!own)
    return fail(std::move(own.error()));
  auto s = std::make_unique<state>();
  s->name = file;
  s->part = file + ".part";
  ::unlink(s->part.c_str()); // Of one that was cut off.
  int fd = ::open(s->part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return unwritable(s->part);
  s->file.reset(::fdopen(fd, "wb"));
  s->frames = std::make_unique<guard>(std::move(*own), text);
  ZSTD_CCtx_setParameter(s->packer.get(), ZSTD_c_compressionLevel, compression_level);
  std::unique_ptr<backup_writer> out{new backup_writer{std::move(s)}};
  if (auto begun = out->state_->put(text); !begun)
    return fail(std::move(begun.error()));
  return out;
}

expected<void> backup_writer::add(char tag, std::string_view bytes) {
  auto front = std::string{tag} + std::to_string(bytes.size()) + ":";
  if (auto done = state_->pack(front, ZSTD_e_continue); !done)
    return done;
  return state_->pack(bytes, ZSTD_e_continue);
}

expected<void> backup_writer::finish() {
  auto& s = *state_;
  if (auto done = s.pack({}, ZSTD_e_end); !done)
    return done;
  if (auto done = s.put_frame(true); !done)
    return done;
  if (std::fflush(s.file.get()) != 0 || ::fsync(::fileno(s.file.get())) != 0)
    return unwritable(s.part);
  // Not `rename`: that would replace a file which has come meanwhile.
  if (::link(s.part.c_str(), s.name.c_str()) != 0)
    return errno == EEXIST ? fail(ec::conflict, s.name + ": exists; a backup never overwrites")
                           : unwritable(s.name);
  ::unlink(s.part.c_str());
  s.is_finished = true;
  auto folder = std::filesystem::path{s.name}.parent_path();
  int dir = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir >= 0) {
    ::fsync(dir);
    ::close(dir);
  }
  return {};
}

// -- reader

struct backup_reader::state {
  std::string name;
  file_handle file;
  base::json head;
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> unpacker{ZSTD_createDCtx(), ZSTD_freeDCtx};
  std::unique_ptr<guard> frames;
  std::string packed, plain;
  size_t packed_at = 0, plain_at = 0;
  bool saw_last = false;

  tl::unexpected<error> broken(std::string_view how) const {
    return fail(ec::corrupt, name + ": " + std::string{how});
  }

  bool get(std::string& into) const {
    return std::fread(into.data(), 1, into.size(), file.get()) == into.size();
  }

  expected<void> get_frame() {
    std::string front(5, '\0');
    if (!get(front))
      return broken("the end is missing");
    size_t size = 0;
    for (size_t i = 0; i < 4; ++i)
      size |= static_cast<size_t>(static_cast<unsigned char>(front[i + 1])) << (8 * i);
    if (size > most_frame_bytes || static_cast<unsigned char>(front[0]) > 1)
      return broken("the backup was altered");
    std::string closed(size, '\0');
    if (!get(closed))
      return broken("the end is missing");
    saw_last = front[0] == '\1';
    auto opened = frames->open(saw_last, closed);
    if (!opened)
      return broken(opened.error().detail);
    packed = std::move(*opened);
    packed_at = 0;
    return {};
  }

  /// More plain bytes; at the end there are none, and that is an error.
  expected<void> unpack() {
    plain.erase(0, plain_at);
    plain_at = 0;
    std::array<char, 64 * 1024> room;
    for (;;) {
      if (packed_at == packed.size()) {
        if (saw_last)
          return broken("it ends in the middle of a record");
        if (auto more = get_frame(); !more)
          return more;
        continue;
      }
      ZSTD_inBuffer in{packed.data(), packed.size(), packed_at};
      ZSTD_outBuffer out{room.data(), room.size(), 0};
      auto left = ZSTD_decompressStream(unpacker.get(), &out, &in);
      if (ZSTD_isError(left))
        return broken("the backup was altered");
      packed_at = in.pos;
      plain.append(room.data(), out.pos);
      if (out.pos > 0)
        return {};
    }
  }

  expected<char> byte() {
    while (plain_at == plain.size())
      if (auto more = unpack(); !more)
        return fail(std::move(more.error()));
    return plain[plain_at++];
  }
};

backup_reader::backup_reader(std::unique_ptr<state> s) : state_(std::move(s)) {}
backup_reader::~backup_reader() = default;

const base::json& backup_reader::head() const { return state_->head; }

namespace {

/// Up to the end of a line, with it.
std::string line_of(std::FILE* file) {
  std::string line;
  for (int c; line.size() < most_head_bytes && (c = std::fgetc(file)) != EOF;) {
    line.push_back(static_cast<char>(c));
    if (c == '\n')
      break;
  }
  return line;
}

} // namespace

expected<std::unique_ptr<backup_reader>> backup_reader::open(const std::string& file,
                                                             const base::secret_bytes& key) {
  auto s = std::make_unique<state>();
  s->name = file;
  s->file.reset(std::fopen(file.c_str(), "rbe"));
  if (!s->file)
    return fail(ec::bad_request, file + ": " + reason());
  auto first = line_of(s->file.get());
  if (!first.starts_with(any_format))
    return fail(ec::bad_request, file + ": is no backup");
  if (first != magic)
    return fail(ec::conflict, file + ": was made by a later release");
  auto second = line_of(s->file.get());
  auto head = base::parse_json(second);
  if (!head || !head->is_object())
    return fail(ec::corrupt, file + ": its head is unreadable");
  s->head = std::move(*head);
  bool is_sealed = s->head.value("cipher", base::json{}) == "aes-256-gcm";
  if (is_sealed && key.empty())
    return fail(ec::bad_request, file + ": is encrypted; name its key file");
  // Anybody can make one that is not: who has a key believes those under it only.
  if (!is_sealed && !key.empty())
    return fail(ec::bad_request, file + ": is not encrypted, though a key file is named");
  auto salt = s->head.value("salt", base::json{});
  auto own = frame_key(is_sealed ? key.view() : std::string_view{},
                       salt.is_string() ? salt.get<std::string>() : std::string{});
  if (!own)
    return fail(own.error().code, file + ": " + own.error().detail);
  s->frames = std::make_unique<guard>(std::move(*own), first + second);
  return std::unique_ptr<backup_reader>{new backup_reader{std::move(s)}};
}

expected<backup_reader::record> backup_reader::next() {
  auto& s = *state_;
  auto tag = s.byte();
  if (!tag)
    return fail(std::move(tag.error()));
  size_t size = 0;
  for (;;) {
    auto c = s.byte();
    if (!c)
      return fail(std::move(c.error()));
    if (*c == ':')
      break;
    if (*c < '0' || *c > '9' || size > most_record_bytes)
      return s.broken("a record is unreadable");
    size = size * 10 + static_cast<size_t>(*c - '0');
  }
  if (size > most_record_bytes)
    return s.broken("a record is too long");
  while (s.plain.size() - s.plain_at < size)
    if (auto more = s.unpack(); !more)
      return fail(std::move(more.error()));
  record out{*tag, s.plain.substr(s.plain_at, size)};
  s.plain_at += size;
  return out;
}

expected<void> backup_reader::expect_end() {
  auto& s = *state_;
  while (!s.saw_last)
    if (auto more = s.get_frame(); !more)
      return more;
  if (s.plain_at != s.plain.size() || std::fgetc(s.file.get()) != EOF)
    return s.broken("something follows its end");
  return {};
}

} // namespace aops::storage
