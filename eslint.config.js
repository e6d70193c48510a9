// Types first: `tsc` finds what is wrong, these rules find what is careless.

import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["target/", "dist/", "pkg/", "sites/", ".cache/", "test-results/", "bench/", "node_modules/", "**/*.local/"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "no-restricted-syntax": ["error", { selector: "ExportDefaultDeclaration", message: "Named exports only." }],
    },
  },
  {
    // The browser's text sinks that parse: excerpts come from pages nobody vouches for.
    files: ["web/**/*.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Text goes in as textContent." },
        { property: "outerHTML", message: "Text goes in as textContent." },
        { property: "insertAdjacentHTML", message: "Text goes in as textContent." },
      ],
    },
  },
  { files: ["*.config.ts", "**/*.config.ts"], rules: { "no-restricted-syntax": "off" } },
  {
    files: ["**/*.{js,mjs}"],
    languageOptions: { ecmaVersion: 2024, sourceType: "module" },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: ["error", "always"],
      "no-const-assign": "error",
      "no-redeclare": "error",
      "no-undef-init": "error",
      "no-unreachable": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
);
