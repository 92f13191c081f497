/* expect: CE */
