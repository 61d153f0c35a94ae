package testudo.spi.option;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Describes a record component that is bound from `key=value` text. The first component's key may be left out in text.
///
/// Component types: `boolean`, `int`, `long`, [String], [java.nio.file.Path], enums (constants in kebab-case, or as [#value()] on the constant says),
/// [testudo.spi.pci.PciAddress], nested records with annotated components, sealed interfaces of such records (an enum with fields:
/// `windowed[1280,1024]`, the record's simple name in kebab-case), [java.util.List] and [java.util.Optional] of these.
/// An [java.util.Optional] that is not given is empty, a [java.util.List] is empty, anything else needs [#fallback()] or is required.
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT, ElementType.FIELD})
public @interface Key {
    /// The key; by default the component's or constant's name in kebab-case.
    /// @return the key
    String value() default "";

    /// Other spellings that are accepted but not shown.
    /// @return keys
    String[] aliases() default {};

    /// What it does, for help: a phrase without a full stop; values with units.
    /// @return the help
    String help() default "";

    /// The text that is bound when the key is not given; empty: required.
    /// @return text in the option grammar
    String fallback() default "";

    /// The largest value of a number.
    /// @return inclusive
    long max() default Long.MAX_VALUE;

    /// The smallest value of a number.
    /// @return inclusive
    long min() default 0;
}
