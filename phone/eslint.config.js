import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules", "build.mjs", "eslint.config.js"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      "no-restricted-globals": [
        "error",
        { name: "fetch", message: "Only server.ts and the service worker speak to the network." },
        { name: "localStorage", message: "Nothing is kept outside store.ts." },
        { name: "sessionStorage", message: "Nothing is kept outside store.ts." },
      ],
      "no-restricted-properties": [
        "error",
        { object: "URL", property: "createObjectURL", message: "A photo never gets an address." },
        { object: "console", property: "log", message: "Nothing a person wrote goes to a log." },
      ],
      "max-lines": ["error", { max: 300 }],
    },
  },
  { files: ["tests/**"], rules: { "@typescript-eslint/no-floating-promises": "off", "max-lines": "off" } },
);
