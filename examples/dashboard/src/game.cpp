// A game: a level is loaded, played frame by frame, and left; the menu in between needs next to nothing.
#include <tidemark/profile.h>

#include <memory>
#include <utility>
#include <vector>

#include "random.h"
#include "workload.h"

namespace dashboard_example {
namespace {

using sqlite_example::Random;
using Bytes = std::vector<unsigned char>;

struct Entity {
  float position[3];
  std::unique_ptr<Bytes> path;
};

class Game final : public Workload {
 public:
  const char* step() override {
    ++steps_;
    if (steps_ <= 40) {
      load();
      return "loading a level";
    }
    if (steps_ <= 400) {
      play();
      return "playing";
    }
    if (steps_ == 401) leave();
    if (steps_ == 520) steps_ = 0;
    return "in the menu: shrink returns the level";
  }

 private:
  void load() {
    TIDEMARK_SCOPE("load level");
    {
      TIDEMARK_SCOPE("textures");
      textures_.emplace_back((64 * 1024) << random_.below(5));
    }
    TIDEMARK_SCOPE("meshes");
    for (int i = 0; i < 12; ++i) meshes_.emplace_back(600 + random_.below(24'000));
  }

  void play() {
    TIDEMARK_SCOPE("frame");
    {
      TIDEMARK_SCOPE("particles");
      // Gone by the end of the frame.
      std::vector<Bytes> particles;
      for (int i = 0; i < 40; ++i) particles.emplace_back(64 + random_.below(700));
    }
    TIDEMARK_SCOPE("entities");
    for (int i = 0; i < 8; ++i) {
      auto entity = std::make_unique<Entity>();
      if (random_.below(3) == 0) entity->path = std::make_unique<Bytes>(200 + random_.below(2'000));
      entities_.push_back(std::move(entity));
    }
    while (entities_.size() > 1'500) {
      std::swap(entities_[random_.below(static_cast<std::uint32_t>(entities_.size()))], entities_.back());
      entities_.pop_back();
    }
  }

  void leave() {
    // Moved from: assigning `{}` would keep the capacity.
    std::exchange(entities_, {});
    std::exchange(meshes_, {});
    std::exchange(textures_, {});
  }

  int steps_ = 0;
  Random random_{4};
  std::vector<Bytes> textures_;
  std::vector<Bytes> meshes_;
  std::vector<std::unique_ptr<Entity>> entities_;
};

}  // namespace

Workload* make_game() { return new Game; }

}  // namespace dashboard_example
