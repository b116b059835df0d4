// swift-tools-version:5.9
import PackageDescription

// For this platform, with the static library in lib/. To publish, `RedlatchFFI` becomes a
// `.binaryTarget` of an XCFramework: see README.md.
let package = Package(
    name: "Redlatch",
    platforms: [.macOS(.v12), .iOS(.v15)],
    products: [.library(name: "Redlatch", targets: ["Redlatch"])],
    targets: [
        .systemLibrary(name: "RedlatchFFI"),
        .target(
            name: "Redlatch",
            dependencies: ["RedlatchFFI"],
            linkerSettings: [.linkedLibrary("redlatch_uniffi")]
        ),
    ]
)
