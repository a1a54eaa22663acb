// Registers one GoogleTest case for each scenario of testdata × engine × lock type.
#pragma once

namespace gridlock::e2e {

// `validate`: also the suite Truth, which runs scenarios under ThreadSanitizer.
void registerTestdata(bool validate);

}  // namespace gridlock::e2e
