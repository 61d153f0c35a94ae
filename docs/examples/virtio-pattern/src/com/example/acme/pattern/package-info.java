/// The device, what makes it, and its option.
package com.example.acme.pattern;
