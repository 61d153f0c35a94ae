/// Semantic versions and ranges: java-semver, with the descriptor that its jar lacks.
module com.github.zafarkhaja.semver {
    exports com.github.zafarkhaja.semver;
    exports com.github.zafarkhaja.semver.expr;
}
