#ifndef UNITS_H
#define UNITS_H
void left_work(void);
void right_touch(void);
#endif
