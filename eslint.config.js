// Type-aware lint for everything that is compiled; plain rules for the sample sites, which are users' JavaScript.
import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['dist/**', '.tap/**', 'logs/**', 'node_modules/**'] },
  {
    files: ['core/**/*.ts', 'modules/**/*.ts', 'hosts/**/*.ts', 'plugins-example/**/*.ts', 'test/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // Numbers in texts for people are meant to be there.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // A leading underscore says that a parameter of a contract is not needed here.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // tap's own functions return promises that it waits for itself.
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: '@tapjs/core', name: ['test', 'rejects', 'resolves', 'before', 'teardown'] }] },
      ],
      'no-console': 'off',
    },
  },
)
