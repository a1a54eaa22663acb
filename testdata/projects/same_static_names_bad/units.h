#ifndef UNITS_H
#define UNITS_H
struct tally {
  long votes;
};
void left_add(struct tally *tally);
void right_add(struct tally *tally);
#endif
