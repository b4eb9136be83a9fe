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
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // A leading underscore says that a parameter of a contract is not needed here.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      // The listener makes the connections itself; the contract only does not say so.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
      // Stands against the house's own habit of `as`, where strict forbids `!`.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // Contracts are written as methods; whoever takes one out of its object binds it.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // tap's own functions return promises that it waits for itself.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafePromises: [
            { from: 'package', package: '@tapjs/core', name: 'PromiseWithSubtest' },
          ],
        },
      ],
      'no-console': 'off',
      // A subtest ends when its promise does, whether it waits for anything or not.
      '@typescript-eslint/require-await': 'off',
    },
  },
)
